import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type JobView, type Problem, problem } from '../../../lib/contracts/job-view.ts';
import { badRequests } from './bad-requests.ts';
import type { BadRequest } from './bad-submissions.ts';
import type { Reply } from './client.ts';
import { type Bed, guestArn, startBed, strangerArn } from './harness.ts';
import { type FunctionReply, httpEvent } from './http-event.ts';
import { sendSigned } from './tampering.ts';

let bed: Bed;
const ids = { ended: '', running: '', foreign: '' };
const echo = (project: string, more: object = {}) => ({
  type: 'echo',
  payload: { message: 'stands by', ...more },
  project,
});

beforeAll(async () => {
  bed = await startBed();
  ids.running = (await bed.submit(echo('default', { delaySeconds: 600 }))).id;
  ids.ended = (await bed.submit(echo('default'))).id;
  ids.foreign = (await bed.submit(echo('other'))).id;
  await Promise.all([bed.settled(ids.ended), bed.settled(ids.foreign), bed.becomes(ids.running, 'RUNNING')]);
}, 120_000);
afterAll(() => bed?.close(), 20_000);

/** A digest of each thing that is stored, less what the running job's heartbeats move. */
async function stored(): Promise<string[]> {
  const moving = new Set(['version', 'leaseUntilMs', 'updatedAtMs', 'dueAtMs']);
  const still = (key: string, value: unknown) => {
    if (moving.has(key)) return undefined;
    return value instanceof Set ? [...value] : value;
  };
  const items = (await bed.items()).map((item) => {
    const digest = createHash('sha256').update(JSON.stringify(item, still)).digest('hex');
    return `${item.pk} ${item.sk} ${digest}`;
  });
  return [...items, ...(await bed.objectKeys())].sort();
}

function withIds(text: string): string {
  return text.replace(/\{(ended|running|foreign)\}/g, (_, name: keyof typeof ids) => ids[name]);
}

function send({
  method = 'POST',
  path = '/jobs',
  body,
  raw,
  headers = {},
}: BadRequest): Promise<Reply<Problem>> {
  const text = raw ?? (body === undefined ? undefined : withIds(JSON.stringify(body)));
  return bed.call<Problem>(method, withIds(path), undefined, {
    headers,
    ...(text === undefined ? {} : { raw: text }),
  });
}

describe('refused, explained, and without a trace [A1]', () => {
  let before: string[];
  beforeAll(async () => {
    before = await stored();
  });

  test.each(badRequests)('$name', async (request) => {
    const reply = await send(request);
    expect([reply.status, reply.body?.code]).toEqual([request.status, request.code]);
    expect(reply.headers.get('content-type')).toBe('application/problem+json');
    expect(reply.headers.get('allow')).toBe(request.allow ?? null);
    const { status, detail, remedy = '', traceId } = problem.strict().parse(reply.body);
    expect(status).toBe(request.status);
    expect(`${detail} ${remedy}`).toContain(request.says);
    expect(`${detail} ${remedy}`).not.toMatch(/\[object|native code|undefined is not|at .*\.(ts|mjs):/);
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(await stored()).toEqual(before);
  });
});

test('a cursor works for the list that it came from, as it is, and for no other [A1]', async () => {
  const page = await bed.call<{ cursor: string }>('GET', '/jobs?limit=1');
  const { cursor } = page.body;
  expect((await bed.call('GET', `/jobs?limit=1&cursor=${cursor}`)).status).toBe(200);
  const tampered = `${cursor.slice(0, -2)}${cursor.endsWith('AA') ? 'BB' : 'AA'}`;
  const refused = [
    `/jobs?limit=1&project=default&cursor=${cursor}`,
    `/jobs?limit=1&status=SUCCEEDED&cursor=${cursor}`,
    `/jobs?limit=1&cursor=${tampered}`,
    `/jobs/${ids.ended}/events?after=${cursor}`,
  ];
  for (const path of refused)
    expect(await bed.call('GET', path)).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
}, 30_000);

test('a cursor of the events of another job is refused [A1]', async () => {
  const { body } = await bed.call<{ cursor: string }>('GET', `/jobs/${ids.ended}/events`);
  expect((await bed.call('GET', `/jobs/${ids.ended}/events?after=${body.cursor}`)).status).toBe(200);
  expect(await bed.call('GET', `/jobs/${ids.running}/events?after=${body.cursor}`)).toMatchObject({
    status: 400,
    body: { code: 'invalid_cursor' },
  });
}, 30_000);

test('the same key with another body is refused, and changes nothing [A1]', async () => {
  const headers = { 'idempotency-key': 'mine' };
  await bed.submit(echo('default'), headers).then(({ id }) => bed.settled(id));
  const before = await stored();
  const reply = await bed.call<Problem>('POST', '/jobs', echo('other'), { headers });
  expect([reply.status, reply.body.code]).toEqual([422, 'idempotency_key_reused']);
  expect(await stored()).toEqual(before);
}, 30_000);

describe('a request that is not properly signed is refused before anything looks at it [A10]', () => {
  const forbidden = async (response: Response) => {
    expect(response.status).toBe(403);
    expect(response.headers.get('x-amzn-errortype')).toMatch(/Exception$/);
    expect(await response.json()).toEqual({ message: 'Forbidden' });
  };
  const client = () => bed.cloud.clientCredentials;

  test('not signed', async () => {
    const before = await stored();
    await forbidden(await fetch(`${bed.cloud.url}/jobs`));
    await forbidden(await fetch(`${bed.cloud.url}/jobs`, { method: 'POST', body: '{"type":"echo"}' }));
    expect(await stored()).toEqual(before);
  });

  test('signed with another key', async () => {
    const unknown = { ...client(), accessKeyId: 'AKIAUNKNOWN' };
    const wrong = { ...client(), secretAccessKey: 'guessed' };
    for (const credentials of [unknown, wrong]) {
      const reply = await bed.call('POST', '/jobs', echo('default'), { credentials });
      expect([reply.status, reply.body]).toEqual([403, { message: 'Forbidden' }]);
    }
  });

  test('changed on its way, or sent too late', async () => {
    const before = await stored();
    const request = { method: 'POST', path: '/jobs', body: JSON.stringify(echo('default')) };
    await forbidden(await sendSigned(bed.cloud, request, { body: JSON.stringify(echo('other')) }));
    await forbidden(await sendSigned(bed.cloud, request, { path: `/jobs/${ids.running}/cancel` }));
    await forbidden(await sendSigned(bed.cloud, request, { atMs: Date.now() - 20 * 60_000 }));
    await forbidden(await sendSigned(bed.cloud, request, { atMs: Date.now() + 20 * 60_000 }));
    expect(await stored()).toEqual(before);
    const late = await sendSigned(bed.cloud, request, { atMs: Date.now() - 60_000 });
    expect(late.status).toBe(201);
    await bed.settled(((await late.json()) as JobView).id);
  }, 30_000);
});

describe('a caller', () => {
  async function as(userArn: string | undefined, method: string, path: string, body?: object, query = '') {
    const [name = ''] = bed.cloud.lambda.functionNames().filter((known) => known.includes('Orchestrator'));
    const call = { method, path, body, query, ...(userArn ? { userArn } : {}) };
    const outcome = await bed.cloud.lambda.invoke(name, httpEvent(call));
    if (!outcome.ok) throw new Error(outcome.error.errorMessage);
    const { statusCode, headers, body: text } = JSON.parse(outcome.payload) as FunctionReply;
    return { status: statusCode, type: headers['content-type'], body: JSON.parse(text) };
  }

  test('cannot tell a job of another project from one that does not exist [A10]', async () => {
    const before = await stored();
    const paths = ['', '/result', '/events', '/files', '/files/result.json'].map((rest) => ['GET', rest]);
    for (const [method = '', rest = ''] of [...paths, ['POST', '/cancel'], ['POST', '/retry']]) {
      const theirs = await as(guestArn, method, `/jobs/${ids.ended}${rest}`);
      const nobodys = await as(guestArn, method, `/jobs/job-none${rest}`);
      expect(theirs).toMatchObject({ status: 404, type: 'application/problem+json' });
      expect(theirs.body.detail.replace(ids.ended, '')).toBe(nobodys.body.detail.replace('job-none', ''));
    }
    expect(await as(guestArn, 'POST', '/jobs', echo('default'))).toMatchObject({ status: 404 });
    expect(await as(guestArn, 'GET', '/jobs', undefined, 'project=default')).toMatchObject({ status: 404 });
    const upload = { project: 'default', files: [{ sha256: 'a'.repeat(64), bytes: 1 }] };
    expect(await as(guestArn, 'POST', '/uploads', upload)).toMatchObject({ status: 404 });
    const child = { ...echo('guest'), dependsOn: [ids.ended] };
    expect(await as(guestArn, 'POST', '/jobs', child)).toMatchObject({ status: 404 });
    expect(await stored()).toEqual(before);
  }, 30_000);

  test('works in a project of its own, and lists nothing else [A10]', async () => {
    const created = await as(guestArn, 'POST', '/jobs', echo('guest'));
    expect(created).toMatchObject({ status: 201, body: { project: 'guest' } });
    const listed = await as(guestArn, 'GET', '/jobs');
    expect(listed.body.items.map(({ id }: JobView) => id)).toEqual([created.body.id]);
    await bed.settled(created.body.id);
  }, 30_000);

  test('of some projects may not stop everything [A10]', async () => {
    for (const [method, path] of [
      ['POST', '/stop-all'],
      ['POST', '/resume'],
      ['GET', '/operations/x'],
    ])
      expect(await as(guestArn, method ?? '', path ?? '')).toMatchObject({ status: 403 });
    expect(await bed.item('SLOTS', 'SLOTS')).not.toHaveProperty('stopped');
  }, 30_000);

  test('whom the settings do not name is refused, and told why [A10]', async () => {
    const refused = await as(strangerArn, 'GET', '/health');
    expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(refused.body.detail).toContain(strangerArn);
    expect(refused.body.remedy).toContain('access');
  }, 30_000);

  test('who sends a body with GET gets the answer to GET [A1]', async () => {
    const local = 'arn:aws:iam::000000000000:user/local';
    expect(await as(local, 'GET', `/jobs/${ids.ended}`, { stray: true })).toMatchObject({ status: 200 });
  }, 30_000);

  test('whom nobody vouches for is refused, should a route ever be open [A10]', async () => {
    const refused = await as(undefined, 'GET', '/jobs');
    expect(refused).toMatchObject({ status: 403, body: { code: 'unauthenticated' } });
  }, 30_000);
});

test('without a key of the provider a chat fails at once, and says how to give one [A4]', async () => {
  const { id } = await bed.submit({ type: 'chat', payload: { prompt: 'hi' } });
  expect(await bed.ended(id)).toMatchObject({
    status: 'FAILED',
    attempt: 1,
    costUsd: 0,
    error: { code: 'provider_key_missing', remedy: expect.stringContaining('muster keys set anthropic') },
  });
  const result = await bed.call<Problem>('GET', `/jobs/${id}/result`);
  expect([result.status, result.body.code]).toEqual([409, 'no_result']);
  expect(result.body.remedy).toContain('muster keys set anthropic');
}, 60_000);
