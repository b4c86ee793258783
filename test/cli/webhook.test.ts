import { writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeFolder, muster, type RunningMuster, removeFolder, startMuster } from './harness.ts';

const folder = makeFolder();
const got: { headers: IncomingHttpHeaders; body: string }[] = [];
let server: Server;
let url: string;
let running: RunningMuster;

beforeAll(async () => {
  server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    got.push({ headers: req.headers, body: Buffer.concat(chunks).toString('utf8') });
    res.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  running = await startMuster(`${folder}/data`, ['--allow-loopback-webhooks']);
}, 120_000);

afterAll(async () => {
  await running?.stop();
  server?.closeAllConnections();
  server?.close();
  removeFolder(folder);
}, 30_000);

function cli(args: readonly string[], stdin = '') {
  return muster([...args, '--data', `${folder}/data`], { stdin });
}

test('muster webhook lists, shows, verifies and replays what a receiver was told [A9]', async () => {
  const submitted = await cli(['job', 'submit', 'echo', 'hi', '--callback-url', url, '--wait', '--json']);
  expect(submitted).toMatchObject({ code: 0 });
  const { job } = JSON.parse(submitted.stdout);
  let listed = await cli(['webhook', 'list', '--status', 'delivered', '--json']);
  for (let look = 0; look < 20 && JSON.parse(listed.stdout).items.length === 0; look++)
    listed = await cli(['webhook', 'list', '--status', 'delivered', '--json']);
  const [webhook] = JSON.parse(listed.stdout).items;
  expect(webhook).toMatchObject({
    subject: job.id,
    event: 'job.ended',
    status: 'delivered',
    lastStatus: 204,
  });

  const table = await cli(['webhook', 'list']);
  expect(table.stdout).toContain(webhook.id);
  const shown = await cli(['webhook', 'show', webhook.id]);
  expect(shown.stdout).toContain(`job.ended of ${job.id}`);

  const [posting = { headers: {}, body: '' }] = got;
  const verify = [
    ...['webhook', 'verify', '--id', String(posting.headers['webhook-id'])],
    ...['--timestamp', String(posting.headers['webhook-timestamp'])],
    ...['--signature', String(posting.headers['webhook-signature'])],
  ];
  expect(await cli(verify, posting.body)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Signed by secret 1 of 1'),
  });
  expect(await cli(verify, `${posting.body} `)).toMatchObject({ code: 5 });

  const rotated = JSON.parse((await cli(['webhook', 'secret', '--rotate', '--json'])).stdout);
  expect(rotated.secrets).toHaveLength(2);
  expect((await cli(verify, posting.body)).stdout).toContain('Signed by secret 2 of 2');

  const [held, empty] = [`${folder}/secrets`, `${folder}/empty`];
  writeFileSync(held, (await cli(['webhook', 'secret'])).stdout);
  expect((await cli([...verify, '--secret-file', held], posting.body)).stdout).toContain('by secret 2 of 2');
  writeFileSync(empty, '\n');
  const unheld = await cli([...verify, '--secret-file', empty], posting.body);
  expect(unheld).toMatchObject({ code: 2, stderr: expect.stringContaining('holds no signing secret') });

  const replayed = await cli(['webhook', 'replay', webhook.id]);
  expect(replayed).toMatchObject({ code: 0, stdout: `${webhook.id}\n` });
  expect((await cli(['webhook', 'show', webhook.id])).stdout).toMatch(/, after 1 replay\n/);
}, 90_000);

test('an address in private space is refused with the way out', async () => {
  const refused = await cli(['job', 'submit', 'echo', 'hi', '--callback-url', 'https://10.0.0.1/hooks']);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('give an https address on the public internet');
}, 30_000);

test('a chain is given as JSON', async () => {
  const then = JSON.stringify({ type: 'echo', payload: { message: '{{result/message}}' } });
  const { code, stdout } = await cli(['job', 'submit', 'echo', 'hi', '--then', then, '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout).next).toHaveLength(1);
  expect((await cli(['job', 'submit', 'echo', 'hi', '--then', '{'])).code).toBe(2);
}, 30_000);
