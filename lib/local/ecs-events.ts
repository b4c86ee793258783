import { randomUUID } from 'node:crypto';
import type { EcsTask } from './ecs-model.ts';
import { type Json, parseJson } from './json.ts';

function isoTime(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1000).toISOString();
}

/** What EventBridge would hear of this change. */
export function toStateChangeEvent(task: EcsTask, region: string, accountId: string): Json {
  const time = new Date().toISOString();
  const detail = {
    ...task,
    createdAt: isoTime(task.createdAt),
    startedAt: isoTime(task.startedAt),
    stoppingAt: isoTime(task.stoppingAt),
    stoppedAt: isoTime(task.stoppedAt),
    updatedAt: time,
  };
  const event = {
    version: '0',
    id: randomUUID(),
    'detail-type': 'ECS Task State Change',
    source: 'aws.ecs',
    account: accountId,
    time,
    region,
    resources: [task.taskArn],
    detail,
  };
  return parseJson(JSON.stringify(event));
}
