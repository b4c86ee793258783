import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { makeFolder, muster, type RunningMuster, removeFolder, startMuster } from './harness.ts';

jest.setTimeout(60_000);

let folder: string;
let dataDir: string;
let first: RunningMuster;

beforeAll(async () => {
  folder = makeFolder();
  dataDir = join(folder, 'data');
  first = await startMuster(dataDir, ['--concurrency', '1'], { cwd: folder, synthesizes: true });
});

afterAll(async () => {
  await first.stop();
  removeFolder(folder);
});

function localFile(): Record<string, unknown> {
  return JSON.parse(readFileSync(join(dataDir, 'local.json'), 'utf8')) as Record<string, unknown>;
}

// In order: each goes on where the one before it has left the folder.

test('one line says that it is ready, where, and who answers for models [A6]', () => {
  expect(first.readyLine).toMatch(
    /^Muster is ready: url=http:\/\/127\.0\.0\.1:\d+ data=\S+ workers=1 model=offline \(prewritten answers; no key is set\)$/,
  );
});

test('local.json tells clients where it is, and only its owner may read it', () => {
  const { apiUrl, pid, region, accessKeyId } = localFile();
  expect([apiUrl, pid, region]).toEqual([/url=(\S+)/.exec(first.readyLine)?.[1], first.pid, 'us-east-1']);
  expect(accessKeyId).toMatch(/^AKIA/);
  expect(statSync(join(dataDir, 'local.json')).mode & 0o777).toBe(0o600);
});

test('the offline model says that its words are prewritten, and that nothing is paid', async () => {
  const { stdout, stderr } = await muster([
    '--data',
    dataDir,
    'job',
    'submit',
    'chat',
    'Who are you?',
    '--wait',
  ]);
  expect(stdout).toContain('written beforehand');
  expect(stderr).toContain('Costs nothing');
  expect(stderr).toContain('nothing was paid');
});

test('a second one in the same folder is refused, and told of the first', async () => {
  const { code, stderr } = await muster(['local', '--data', dataDir, '--port', '0'], { cwd: folder });
  expect(code).toBe(6);
  expect(stderr).toContain(`kill ${first.pid}`);
});

test('a port in use and wrong settings are refused', async () => {
  const port = new URL(String(localFile().apiUrl)).port;
  const other = join(folder, 'other');
  const taken = await muster(['local', '--data', other, '--port', port], { cwd: folder });
  expect([taken.code, taken.stderr]).toEqual([6, expect.stringContaining(`port ${port} is in use`)]);
  const settings = await muster(['local', '--data', other, '--port', '0', '--settings', '{"profile":"x"}'], {
    cwd: folder,
  });
  expect([settings.code, settings.stderr]).toEqual([2, expect.stringContaining('profile')]);
});

test('a key that was set stays after a restart, and the environment wins over it [A5]', async () => {
  await muster(['--data', dataDir, 'keys', 'set', 'anthropic'], { stdin: 'sk-ant-kept' });
  expect(localFile().offlineModel).toBe(false);
  const { code, milliseconds } = await first.stop('SIGINT');
  expect(code).toBe(0);
  expect(milliseconds).toBeLessThan(5_000);
  expect(existsSync(join(dataDir, 'local.json'))).toBe(false);
  // What a killed one leaves behind.
  const stale = {
    apiUrl: 'http://127.0.0.1:9',
    endpointUrl: 'http://127.0.0.1:9',
    region: 'us-east-1',
    accessKeyId: 'x',
    secretAccessKey: 'x',
    pid: 4_194_304,
  };
  writeFileSync(join(dataDir, 'local.json'), JSON.stringify(stale));
  expect((await muster(['--data', dataDir, 'status'], { cwd: folder })).code).toBe(8);
  writeFileSync(join(folder, '.env'), 'OPENAI_API_KEY=sk-openai-from-dot-env\n');
  first = await startMuster(dataDir, ['--assembly', join(dataDir, 'cdk.out')], { cwd: folder });
  expect(first.readyLine).toMatch(/ model=anthropic$/);
  const { stdout } = await muster(['--data', dataDir, 'doctor'], { cwd: folder });
  expect(stdout).toMatch(/in use: .*anthropic.*; in the environment or \.env: openai/);
});

test('an end while it is still starting is clean too', async () => {
  const early = join(folder, 'early');
  const { code, stdout, stderr } = await muster(['local', '--data', early, '--port', '0'], {
    cwd: folder,
    interruptWhen: () => existsSync(join(early, 'lock.pid')),
  });
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
});
