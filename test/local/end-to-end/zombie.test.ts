import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JobView } from '../../../lib/contracts/job-view.ts';
import { type Bed, hastySettings, startBed } from './harness.ts';

/** In this cloud no task ever gets a process: the test starts the workers, so nobody can stop them for it. */
let bed: Bed;
const workers: ChildProcess[] = [];
beforeAll(async () => {
  bed = await startBed({ settings: hastySettings, concurrency: 0, ruleTickMs: 400 });
}, 120_000);
afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await bed?.close();
}, 20_000);

/** The bundle that the image would be built around, with what ECS would hand to its container. */
async function startWorker(job: JobView): Promise<ChildProcess> {
  const folder = readdirSync(bed.assemblyDir)
    .map((name) => join(bed.assemblyDir, name))
    .find((path) => existsSync(join(path, 'heartbeat.mjs')));
  const { overrides } = await bed.task(job.links.taskArn ?? '');
  const variables = overrides?.containerOverrides?.[0]?.environment ?? [];
  const { accessKeyId, secretAccessKey } = bed.cloud.workerCredentials;
  const worker = spawn(process.execPath, [join(folder ?? '', 'main.mjs')], {
    stdio: 'ignore',
    env: {
      ...Object.fromEntries(variables.map(({ name = '', value = '' }) => [name, value])),
      MUSTER_API_URL: bed.cloud.url,
      AWS_REGION: bed.cloud.region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    },
  });
  workers.push(worker);
  return worker;
}

test('a worker that wakes after another has done its job changes nothing, and ends by itself [A9]', async () => {
  const request = { type: 'echo', payload: { message: 'done by the second', delaySeconds: 2 } };
  const { id } = await bed.submit(request);
  const hasTask = (attempt: number) => (job: JobView) =>
    job.attempt === attempt && job.links.taskArn !== undefined;
  const zombie = await startWorker(await bed.reaches(id, hasTask(1), 'has a task'));
  await bed.becomes(id, 'RUNNING');
  zombie.kill('SIGSTOP');

  const second = await startWorker(await bed.reaches(id, hasTask(2), 'has its second task'));
  const [code] = await once(second, 'exit');
  expect(code).toBe(0);
  const settled = await bed.settled(id);
  expect(settled).toMatchObject({ status: 'SUCCEEDED', attempt: 2, failures: 1 });
  const items = await bed.items();
  const keys = await bed.objectKeys();
  expect(keys).toContain(`projects/default/jobs/${id}/attempts/2/result.json`);

  zombie.kill('SIGCONT');
  const [exitCode] = await once(zombie, 'exit');
  expect([0, 1]).toContain(exitCode);
  expect(await bed.row(id)).toEqual(settled);
  expect(await bed.items()).toEqual(items);
  expect(await bed.objectKeys()).toEqual(keys);
}, 60_000);
