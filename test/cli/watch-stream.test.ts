import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeApiClient } from '../../lib/adapters/client/api-client.ts';
import { type ApiTarget, findApi } from '../../lib/adapters/client/find-api.ts';
import { signedFetch } from '../../lib/adapters/control/sigv4.ts';
import { followJob } from '../../lib/cli/job/follow-job.ts';
import type { CallCount } from '../../lib/local/calls.ts';
import { makeFolder, muster, type RunningMuster, removeFolder, startMuster } from './harness.ts';

const folder = makeFolder();
let local: RunningMuster;
let target: ApiTarget;

beforeAll(async () => {
  local = await startMuster(`${folder}/data`);
  target = await findApi({ dataDir: local.dataDir }, {});
}, 120_000);
afterAll(async () => {
  await local?.stop();
  removeFolder(folder);
}, 30_000);

/** How often somebody has opened a WebSocket. */
async function connections(): Promise<number> {
  const { url, region } = target;
  const response = await signedFetch({
    url: `${url}/_local/calls`,
    region,
    credentials: await target.credentials(),
  });
  const counts = (await response.json()) as CallCount[];
  return counts.find(({ operation }) => operation === 'CONNECT')?.count ?? 0;
}

async function submitted(): Promise<string> {
  const { body } = await makeApiClient(target).call('submitJob', {
    body: { type: 'echo', payload: { message: 'hi', delaySeconds: 2 } },
    idempotencyKey: crypto.randomUUID(),
  });
  return body.id;
}

test('muster job watch hears of a running job over the WebSocket that local.json names [A9]', async () => {
  expect(await target.streamUrl?.()).toBe(`${target.url.replace('http:', 'ws:')}/stream`);
  const before = await connections();
  const { code, stdout, stderr } = await muster(['job', 'watch', await submitted(), '--data', local.dataDir]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('SUCCEEDED');
  expect(await connections()).toBe(before + 1);
});

test.each([
  ['where there is no WebSocket API', async () => undefined],
  ['where it cannot be reached', async () => 'ws://127.0.0.1:1/stream'],
])('a job is watched all the same %s [A9]', async (_where, streamUrl) => {
  const states: string[] = [];
  const api = makeApiClient({ ...target, streamUrl });
  const job = await followJob(api, await submitted(), {
    onState: ({ status }) => states.push(status),
    onEvent: () => undefined,
  });
  expect(job.status).toBe('SUCCEEDED');
  expect(states.at(-1)).toBe('SUCCEEDED');
});
