import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type LocalCloud, startLocalCloud } from '../../../lib/local/cloud.ts';
import { startTimeOf } from '../../../lib/local/process-identity.ts';
import { makeClients, makeWorkplace, until, type Workplace } from './harness.ts';

type Child = Pick<LocalCloud, 'url' | 'outputs' | 'clientCredentials'>;

let place: Workplace;
let child: ChildProcess | undefined;
let cloud: LocalCloud | undefined;

beforeAll(async () => {
  place = await makeWorkplace();
}, 30_000);

afterAll(async () => {
  child?.kill('SIGKILL');
  await cloud?.close();
  place?.remove();
}, 10_000);

async function spawnCloud(): Promise<Child> {
  const script = join(import.meta.dirname, 'cloud-process.ts');
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
  const started = spawn(process.execPath, [script, place.assemblyDir, place.dataDir], { stdio });
  child = started;
  const line = await new Promise<string>((resolve) =>
    createInterface({ input: started.stdout }).once('line', resolve),
  );
  return JSON.parse(line) as Child;
}

/** A process that nobody has reaped yet still has a pid, but no start time. */
const isAlive = (pid: number): boolean => startTimeOf(pid) !== undefined;

test('a killed cloud loses no accepted task and leaves no process behind', async () => {
  const mark = join(place.root, 'mark');
  const before = makeClients(await spawnCloud());
  const [first = ''] = await before.run({ env: { MODE: 'stubborn', MARK: mark } });
  await before.reaches(first, 'RUNNING');
  const waiting = await before.run({ env: { MODE: 'wait' }, count: 2, clientToken: 'two' });
  const pid = await until('the worker runs', () =>
    existsSync(mark) ? Number(readFileSync(mark, 'utf8')) || undefined : undefined,
  );
  child?.kill('SIGKILL');
  await until('the cloud is gone', () => child?.signalCode ?? undefined);
  before.destroy();
  expect(isAlive(pid)).toBe(true);

  cloud = await startLocalCloud({ assemblyDir: place.assemblyDir, dataDir: place.dataDir, concurrency: 1 });
  const after = makeClients(cloud);
  expect(isAlive(pid)).toBe(false);
  expect(await after.describe(first)).toMatchObject({
    lastStatus: 'STOPPED',
    stopCode: 'InfrastructureHealth',
    stoppedReason: 'the local cloud was stopped while the task ran',
  });
  await until('the event arrives', () => after.row(`stopped ${first}`));
  await after.reaches(waiting[0] ?? '', 'RUNNING');
  expect((await after.describe(waiting[1] ?? ''))?.lastStatus).toBe('PENDING');
  expect(await after.run({ env: { MODE: 'wait' }, count: 2, clientToken: 'two' })).toEqual(waiting);

  const startedMs = Date.now();
  await cloud.close();
  after.destroy();
  expect(Date.now() - startedMs).toBeLessThan(5000);
  const stored = JSON.parse(
    readFileSync(join(place.dataDir, 'ecs', 'tasks', `${waiting[0]?.split('/').at(-1)}.json`), 'utf8'),
  );
  expect(isAlive(stored.process.pid)).toBe(false);
  cloud = undefined;
}, 20_000);
