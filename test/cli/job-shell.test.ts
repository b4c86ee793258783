import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { makeFolder, muster, removeFolder } from './harness.ts';

jest.setTimeout(30_000);

const id = 'job-00000000000000000000000000000001';
const taskArn = 'arn:aws:ecs:eu-central-1:123456789012:task/muster/0123456789abcdef';
const running = {
  id,
  type: 'agent',
  status: 'RUNNING',
  project: 'shop',
  priority: 'medium',
  lane: 'fargate',
  attempt: 2,
  failures: 0,
  maxAttempts: 3,
  createdAt: '2026-11-20T10:00:00.000Z',
  timeoutSeconds: 3_600,
  costUsd: 0,
  links: { taskArn },
};
const open = {
  enableExecuteCommand: true,
  containers: [{ managedAgents: [{ name: 'ExecuteCommandAgent', lastStatus: 'RUNNING' }] }],
};

/** The API with one job, and ECS with its task, as each test wants them. */
let server: Server;
let url: string;
let folder: string;
let job: object = running;
let task: object | undefined = open;

beforeAll(async () => {
  folder = makeFolder();
  server = createServer((req, res) => {
    const answer = req.url?.startsWith('/jobs/') ? job : { tasks: task ? [task] : [], failures: [] };
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
  removeFolder(folder);
});

/** A program that writes down how it was called, and exits with 9 if it was asked for a shell. */
function install(name: string): void {
  const file = join(folder, name);
  const script = `#!/bin/sh\n[ "$1" = --version ] && exit 0\nprintf '%s\\n' "$@" > '${folder}/called'\nexit 9\n`;
  writeFileSync(file, script);
  chmodSync(file, 0o755);
}

/** With nothing else on the path but the shell that the programs are written for. */
function shell(...args: string[]) {
  const env = {
    PATH: [folder, '/nonexistent'].join(delimiter),
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example',
    AWS_ENDPOINT_URL: url,
  };
  const where = ['--api', url, '--region', 'eu-central-1'];
  return muster([...where, 'job', 'shell', id, ...args], { cwd: folder, env });
}

describe('muster job shell, on AWS', () => {
  test('says what is missing, one after the other, and how to install it [A10]', async () => {
    const first = await shell();
    expect(first.code).toBe(2);
    expect(first.stderr).toContain('the AWS CLI is not installed');
    install('aws');
    const second = await shell();
    expect(second.code).toBe(2);
    expect(second.stderr).toContain("the AWS CLI's session manager plugin is not installed");
    expect(second.stderr).toContain('session-manager-working-with-install-plugin');
    install('session-manager-plugin');
  });

  test('opens ECS Exec in the worker’s container, and exits as that does [A10]', async () => {
    const { code, stderr } = await shell('--command', 'ls -la /workspace/work');
    expect(code).toBe(9);
    expect(stderr).toContain("Root in the worker's container, attempt 2; all of it is written down.");
    const called = readFileSync(join(folder, 'called'), 'utf8').trimEnd().split('\n');
    expect(called).toEqual([
      ...['ecs', 'execute-command', '--cluster', 'muster', '--task', taskArn, '--container', 'worker'],
      ...['--interactive', '--command', 'ls -la /workspace/work', '--region', 'eu-central-1'],
      ...['--endpoint-url', url],
    ]);
  });

  test('asks for a shell where no command is given, and says with --json what it would run', async () => {
    const { code, stdout } = await shell('--json');
    expect(code).toBe(0);
    const { file, args } = JSON.parse(stdout) as { file: string; args: string[] };
    expect([file, args[args.indexOf('--command') + 1]]).toEqual(['aws', '/bin/bash']);
  });

  test.each([
    [
      'of a worker that was started without ECS Exec',
      { ...open, enableExecuteCommand: false },
      4,
      '"exec": true',
    ],
    [
      'while its agent is not there yet',
      { ...open, containers: [{ managedAgents: [{ name: 'ExecuteCommandAgent', lastStatus: 'PENDING' }] }] },
      6,
      'is PENDING',
    ],
    ['of a task that is gone', undefined, 6, 'does not know the task'],
  ] as const)('refuses %s, and says what to do [A10]', async (_what, given, exitCode, said) => {
    task = given;
    const { code, stderr } = await shell();
    task = open;
    expect([code, stderr]).toEqual([exitCode, expect.stringContaining(said)]);
  });

  test.each([
    ['has ended', { ...running, status: 'SUCCEEDED' }, 5, 'its worker is gone'],
    ['runs in a function', { ...running, lane: 'function' }, 2, 'forceFargate'],
    ['waits in the queue', { ...running, status: 'QUEUED', links: {} }, 6, 'is QUEUED: no worker of it runs'],
  ])('refuses a job that %s, and says what to do instead [A10]', async (_what, given, exitCode, said) => {
    job = given;
    const { code, stderr } = await shell();
    job = running;
    expect([code, stderr]).toEqual([exitCode, expect.stringContaining(said)]);
  });
});
