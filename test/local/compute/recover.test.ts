import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import type { EcsTask, StoredTask } from '../../../lib/local/ecs-model.ts';
import { makeTaskRunner } from '../../../lib/local/ecs-runner.ts';
import type { TaskStore } from '../../../lib/local/ecs-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'muster-recover-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function stopped(id: string, secondsAgo: number): StoredTask {
  const stoppedAt = Date.now() / 1000 - secondsAgo;
  const task = { taskArn: `arn:task/${id}`, lastStatus: 'STOPPED', stoppedAt } as unknown as EcsTask;
  return { id, task };
}

test('a restarted cloud tells again what stopped shortly before it was killed, for nobody may have heard it', async () => {
  const stored = [stopped('just-now', 2), stopped('long-ago', 1_000)];
  const told: string[] = [];
  const runner = makeTaskRunner({
    store: { all: () => stored, get: () => undefined, save() {}, forget() {} } as TaskStore,
    workDir: folder,
    concurrency: 1,
    definition: () => undefined,
    onChange: ({ taskArn }) => told.push(taskArn),
    onLine() {},
  });
  await runner.recover();
  await runner.close();
  expect(told).toEqual(['arn:task/just-now']);
});
