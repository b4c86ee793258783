import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { toStateChangeEvent } from './ecs-events.ts';
import type { TaskDefinition } from './ecs-model.ts';
import { ecsOperations } from './ecs-operations.ts';
import { makeTaskRunner } from './ecs-runner.ts';
import { openTaskStore } from './ecs-store.ts';
import type { Json } from './json.ts';
import { makeJsonService } from './json-service.ts';
import type { LocalService } from './service.ts';

export interface EcsOptions {
  /** `<data>/ecs` */
  dir: string;
  region: string;
  accountId: string;
  /** Processes at once. */
  concurrency: number;
  /** Told of `ECS Task State Change` events. */
  onEvent(event: Json): void;
  /** A line that a task wrote; `group` is undefined where the task definition keeps no logs. */
  onLine(group: string | undefined, stream: string, family: string, line: string): void;
}

export interface Ecs extends LocalService {
  /** Returns the cluster's ARN. */
  addCluster(name: string): string;
  /** Returns the ARN of its only revision. */
  addTaskDefinition(definition: Omit<TaskDefinition, 'arn'>): string;
  /** Cleans up after an earlier cloud, then starts what it had accepted. Call it when events can be heard. */
  recover(): Promise<void>;
  close(): Promise<void>;
}

/** ECS with one way to run a task: a process of this machine. */
export function startEcs(options: EcsOptions): Ecs {
  const { dir, region, accountId, concurrency } = options;
  const arn = (resource: string): string => `arn:aws:ecs:${region}:${accountId}:${resource}`;
  const workDir = join(dir, 'work');
  mkdirSync(workDir, { recursive: true });
  const store = openTaskStore(join(dir, 'tasks'));
  const clusters = new Set<string>();
  const definitions = new Map<string, TaskDefinition>();
  let sequence = 0;
  const runner = makeTaskRunner({
    store,
    workDir,
    concurrency,
    definition: (definitionArn) => definitions.get(definitionArn),
    onChange: (task) => options.onEvent(toStateChangeEvent(task, region, accountId)),
    onLine(task, { container, family }, line) {
      const parts = [container.logPrefix, container.name, task.taskArn.split('/').at(-1)];
      options.onLine(container.logGroup, parts.filter(Boolean).join('/'), family, line);
    },
  });
  const nextSequence = (): number => {
    sequence += 1;
    return sequence;
  };
  const service = makeJsonService(ecsOperations({ store, runner, clusters, definitions, arn, nextSequence }));
  return {
    handle: service.handle,
    addCluster(name) {
      clusters.add(name);
      return arn(`cluster/${name}`);
    },
    addTaskDefinition(definition) {
      const definitionArn = arn(`task-definition/${definition.family}:1`);
      definitions.set(definitionArn, { ...definition, arn: definitionArn });
      return definitionArn;
    },
    recover: () => runner.recover(),
    close: () => runner.close(),
  };
}
