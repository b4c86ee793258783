import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { makeFolder, muster, removeFolder } from './harness.ts';

jest.setTimeout(30_000);

/** CloudFormation, and the API that its stack names. */
let server: Server;
let url: string;
let folder: string;
const scopes: string[] = [];

beforeAll(async () => {
  folder = makeFolder();
  server = createServer((req, res) => {
    scopes.push(/Credential=[^/]+\/\d+\/([^/]+\/[^/]+)\//.exec(req.headers.authorization ?? '')?.[1] ?? '');
    if (req.url === '/health') {
      const health = {
        status: 'ok',
        version: '0.1.0',
        caller: 'arn:aws:iam::123456789012:role/dev',
        projects: '*',
      };
      res.end(JSON.stringify({ ...health, time: new Date().toISOString() }));
    } else if (req.url?.startsWith('/usage'))
      res.end(JSON.stringify({ by: 'project', from: '2026-11-01', to: '2026-11-20', items: [] }));
    else if (/^\/(jobs|runs|approvals)/.test(req.url ?? '')) res.end(JSON.stringify({ items: [] }));
    else res.end(describeStacks(url));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
  removeFolder(folder);
});

function describeStacks(apiUrl: string): string {
  const output = (key: string, value: string) =>
    `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`;
  return `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member>
    <StackName>Muster</StackName><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-11-20T00:00:00Z</CreationTime>
    <Outputs>${output('ApiUrl', apiUrl)}${output('Region', 'eu-central-1')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
}

function run(args: string[], more: Record<string, string> = {}) {
  const env = {
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example',
    AWS_ENDPOINT_URL: url,
    ...more,
  };
  return muster(args, { cwd: folder, env });
}

describe('without a local cloud', () => {
  test("the deployed stack's outputs say where the API is", async () => {
    const { code, stdout } = await run(['status', '--region', 'eu-central-1']);
    expect(code).toBe(0);
    expect(stdout).toContain('AWS, eu-central-1: the deployed stack in eu-central-1');
    expect(scopes).toContain('eu-central-1/cloudformation');
    expect(scopes).toContain('eu-central-1/execute-api');
  });

  test('MUSTER_API_URL goes before it, and --api before that', async () => {
    const variable = await run(['status', '--json'], { MUSTER_API_URL: url, AWS_REGION: 'us-east-1' });
    expect(JSON.parse(variable.stdout)).toMatchObject({
      api: { foundBy: 'MUSTER_API_URL', region: 'us-east-1' },
    });
    const option = await run(['status', '--json', '--api', url], { MUSTER_API_URL: 'http://127.0.0.1:1' });
    expect(JSON.parse(option.stdout)).toMatchObject({ api: { foundBy: '--api', kind: 'aws' } });
  });

  test('a server of your own is not set there, for workers would not reach it', async () => {
    const args = [
      'keys',
      'set',
      'self-hosted',
      '--base-url',
      'http://gpu-1:11434',
      '--region',
      'eu-central-1',
    ];
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toContain('workers in AWS cannot reach a server of your own');
    expect(stderr).toContain('npm start');
  });

  test.each([
    [['destroy'], 'Nothing was done.'],
    [['destroy', '--delete-data'], 'go too, for good. Nothing was done.'],
    [['destroy', '--keep-data', '--delete-data', '--yes'], 'exclude each other'],
  ])('%j deletes nothing, and says why [A8]', async (args, said) => {
    const { code, stderr } = await run([...args, '--region', 'eu-central-1']);
    expect(code).toBe(2);
    expect(stderr).toContain(said);
  });
});

test.each([
  ['--region', 'eu-central-1'],
  ['--profile', 'acme'],
])('%s means AWS although a local cloud runs here [A8]', async (...option) => {
  mkdirSync(join(folder, '.muster'));
  const local = {
    apiUrl: 'http://127.0.0.1:1',
    endpointUrl: 'http://127.0.0.1:1',
    region: 'us-east-1',
    pid: process.pid,
  };
  const key = { accessKeyId: 'local', secretAccessKey: 'local' };
  writeFileSync(join(folder, '.muster/local.json'), JSON.stringify({ ...local, ...key }));
  const { stderr } = await run(['destroy', ...option], { AWS_REGION: 'eu-central-1' });
  rmSync(join(folder, '.muster'), { recursive: true });
  expect(stderr).not.toContain('local cloud runs here');
  if (option[0] === '--profile') expect(stderr).toContain('no AWS credentials of the profile "acme"');
});
