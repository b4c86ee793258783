import { describe, expect, test } from '@jest/globals';
import { makeApiClient } from '../../../lib/adapters/client/api-client.ts';
import type { ApiTarget } from '../../../lib/adapters/client/find-api.ts';

const target: ApiTarget = {
  kind: 'aws',
  url: 'https://abc.execute-api.eu-central-1.amazonaws.com',
  region: 'eu-central-1',
  foundBy: '--api',
  offlineModel: false,
  credentials: async () => ({ accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' }),
  outputs: async () => ({}),
};

const job = {
  id: 'job-1',
  type: 'echo',
  status: 'QUEUED',
  project: 'default',
  priority: 'medium',
  lane: 'fargate',
  attempt: 0,
  failures: 0,
  maxAttempts: 3,
  createdAt: '2026-11-20T08:00:00.000Z',
  timeoutSeconds: 3600,
  costUsd: 0,
  links: {},
};

type Answer = Response | Error;

/** A client that gets these answers in order, and what it has sent and waited. */
function clientThatGets(...answers: Answer[]) {
  const sent: { url: string; method: string; headers: Headers; body: unknown }[] = [];
  const waits: number[] = [];
  const api = makeApiClient(target, {
    fetch: async (url, init) => {
      sent.push({
        url: String(url),
        method: String(init?.method),
        headers: new Headers(init?.headers),
        body: init?.body,
      });
      const answer = answers.shift();
      if (answer instanceof Response) return answer;
      throw answer ?? new Error('no answer is left');
    },
    sleep: async (ms) => void waits.push(ms),
  });
  return { api, sent, waits };
}

function reply(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers });
}

function problem(status: number, code: string, more: object = {}): Response {
  return reply(status, {
    type: 'x',
    title: 'x',
    status,
    detail: 'what happened',
    code,
    retryable: false,
    ...more,
  });
}

function networkFault(code: string): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
}

describe('a call', () => {
  test('is signed for execute-api in the region of the API', async () => {
    const { api, sent } = clientThatGets(reply(200, { items: [job] }));
    const { body } = await api.call('listJobs', { query: { status: 'QUEUED', cursor: undefined } });
    expect(body.items).toEqual([job]);
    expect(sent[0]?.url).toBe(`${target.url}/jobs?status=QUEUED`);
    expect(sent[0]?.headers.get('authorization')).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/eu-central-1\/execute-api\/aws4_request/,
    );
  });

  test('puts an id into the path as one part of it', async () => {
    const { api, sent } = clientThatGets(reply(200, job));
    await api.call('readJob', { params: { id: '../health?' } });
    expect(sent[0]?.url).toBe(`${target.url}/jobs/..%2Fhealth%3F`);
  });

  test('lets fields through that a newer deployment may send', async () => {
    const { api } = clientThatGets(reply(200, { ...job, mood: 'good' }));
    expect((await api.call('readJob', { params: { id: 'job-1' } })).body).toMatchObject({ mood: 'good' });
  });

  test('refuses an answer of another shape', async () => {
    const { api } = clientThatGets(reply(200, { id: 7 }));
    await expect(api.call('readJob', { params: { id: 'job-1' } })).rejects.toMatchObject({
      code: 'internal',
    });
  });
});

describe('another try', () => {
  test('follows on what may pass, with the same key and body each time', async () => {
    const { api, sent, waits } = clientThatGets(
      networkFault('ECONNRESET'),
      problem(503, 'unavailable', { retryable: true }),
      reply(429, { message: 'Too Many Requests' }),
      reply(201, job),
    );
    const body = { type: 'echo', payload: { message: 'hi' } };
    const { status } = await api.call('submitJob', { body, idempotencyKey: 'key-1' });
    expect([status, waits.length]).toEqual([201, 3]);
    expect(new Set(sent.map(({ headers }) => headers.get('idempotency-key')))).toEqual(new Set(['key-1']));
    expect(new Set(sent.map((one) => one.body))).toEqual(new Set([JSON.stringify(body)]));
  });

  test('is given up after four, with the reason', async () => {
    const faults = [1, 2, 3, 4, 5].map(() => networkFault('ECONNREFUSED'));
    const { api, sent } = clientThatGets(...faults);
    await expect(api.call('readHealth')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    expect(sent).toHaveLength(4);
  });

  test.each([
    [404, 'not_found'],
    [409, 'job_ended'],
    [422, 'idempotency_key_reused'],
  ])('does not follow on %i %s', async (status, code) => {
    const { api, sent } = clientThatGets(problem(status, code));
    await expect(api.call('cancelJob', { params: { id: 'job-1' } })).rejects.toMatchObject({ code });
    expect(sent).toHaveLength(1);
  });
});

describe('a refusal', () => {
  test("keeps the server's code, words, remedy and faults", async () => {
    const faults = [{ path: '/type', message: 'is wrong' }];
    const { api } = clientThatGets(problem(400, 'invalid_request', { remedy: 'do this', faults }));
    await expect(api.call('submitJob', { body: {} })).rejects.toMatchObject({
      code: 'invalid_request',
      message: 'what happened',
      remedy: 'do this',
      faults,
    });
  });

  test('with a code that is not known here is internal, and the code is in its words', async () => {
    const { api } = clientThatGets(problem(400, 'brand_new'));
    await expect(api.call('readHealth')).rejects.toMatchObject({
      code: 'internal',
      message: 'brand_new: what happened',
    });
  });

  test('by the gateway names the clock where the clock is the reason', async () => {
    const date = new Date(Date.now() + 12 * 60_000).toUTCString();
    const { api } = clientThatGets(reply(403, { message: 'Signature expired' }, { date }));
    await expect(api.call('readHealth')).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining('12 minutes behind'),
    });
  });

  test('by the gateway with the right time is about rights', async () => {
    const { api } = clientThatGets(reply(403, { message: 'Forbidden' }, { date: new Date().toUTCString() }));
    await expect(api.call('readHealth')).rejects.toMatchObject({ code: 'forbidden' });
  });
});

test.each(['', '.', '..'])(
  'the id %j is refused before it becomes the address of another route',
  async (id) => {
    const { api, sent } = clientThatGets();
    const call = api.call('readJob', { params: { id } });
    await expect(call).rejects.toMatchObject({ code: 'invalid_request', message: `"${id}" is no id` });
    expect(sent).toEqual([]);
  },
);

test.each(['a\nb', 'ключ', '', 'k'.repeat(256)])(
  'the key %j is refused in words that name it, not as a network fault',
  async (key) => {
    const { api, sent } = clientThatGets();
    const call = api.call('submitJob', { body: {}, idempotencyKey: key });
    await expect(call).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('1–255 printable'),
    });
    expect(sent).toEqual([]);
  },
);
