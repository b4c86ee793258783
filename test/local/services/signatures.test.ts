import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LocalServer } from '../../../lib/local/server.ts';
import { CLIENT, CREDENTIALS, type SignInput, serveLocally, sign, signedFetch } from './harness.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const TABLE_CALL: SignInput = {
  method: 'POST',
  service: 'dynamodb',
  headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.ListTables' },
  body: '{"Limit":1}',
};

let server: LocalServer;

beforeAll(async () => {
  const echo = { handle: async () => ({ status: 200, body: 'reached' }) };
  server = await serveLocally(
    { 'execute-api': echo, dynamodb: echo, s3: echo },
    {
      now: () => NOW,
      open: {
        '/offline-model': async (_req, res, body) => {
          res.end(`open ${body.length}`);
        },
      },
    },
  );
});

afterAll(() => server.close());

const at = (iso: string) => ({ signingDate: new Date(iso) });
const inTime = at('2026-03-01T12:00:00Z');

describe('the local server', () => {
  it('lets a correctly signed request through', async () => {
    const response = await signedFetch(server, {
      path: '/jobs/a%20b',
      query: { limit: '5', cursor: 'x/y' },
      ...inTime,
    });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('reached');
  });

  it('refuses a body that was changed after signing', async () => {
    const { url, init } = await sign(server, { ...TABLE_CALL, ...inTime });
    const response = await fetch(url, { ...init, body: '{"Limit":2}' });
    expect(response.status).toBe(403);
    expect(((await response.json()) as { __type: string }).__type).toMatch(/InvalidSignatureException$/);
  });

  it('refuses a body that differs from the hash that was signed', async () => {
    const headers = { ...TABLE_CALL.headers, 'x-amz-content-sha256': 'a'.repeat(64) };
    const response = await signedFetch(server, { ...TABLE_CALL, headers, ...inTime });
    expect(response.status).toBe(403);
  });

  it('refuses a query that was changed after signing', async () => {
    const { url, init } = await sign(server, { path: '/jobs', query: { project: 'a' }, ...inTime });
    expect((await fetch(url.replace('project=a', 'project=b'), init)).status).toBe(403);
  });

  it.each([
    ['2026-03-01T11:46:00Z', 200],
    ['2026-03-01T12:14:00Z', 200],
    ['2026-03-01T11:44:00Z', 403],
    ['2026-03-01T12:16:00Z', 403],
  ])('answers a request signed at %s with %i when it is noon', async (iso, status) => {
    expect((await signedFetch(server, { path: '/jobs', ...at(iso) })).status).toBe(status);
  });

  it('refuses a wrong secret key', async () => {
    const credentials = { ...CREDENTIALS, secretAccessKey: 'other' };
    expect((await signedFetch(server, { path: '/jobs', credentials, ...inTime })).status).toBe(403);
  });

  it('refuses an unknown access key in the words of the service', async () => {
    const credentials = { ...CREDENTIALS, accessKeyId: 'NOBODY' };
    const api = await signedFetch(server, { path: '/jobs', credentials, ...inTime });
    expect(await api.json()).toEqual({ message: 'Forbidden' });
    const dynamo = await signedFetch(server, { ...TABLE_CALL, credentials, ...inTime });
    expect(((await dynamo.json()) as { __type: string }).__type).toMatch(/UnrecognizedClientException$/);
    const s3 = await signedFetch(server, { path: '/bucket/key', service: 's3', credentials, ...inTime });
    expect(await s3.text()).toContain('<Code>InvalidAccessKeyId</Code>');
  });

  it('refuses a request that is not signed', async () => {
    expect((await fetch(`${server.url}/jobs`)).status).toBe(403);
  });

  it('refuses browsers, even with a good signature', async () => {
    const { url, init } = await sign(server, { path: '/jobs', ...inTime });
    const headers = { ...init.headers, origin: 'http://127.0.0.1:3000' };
    expect((await fetch(url, { ...init, headers })).status).toBe(403);
    expect((await fetch(`${server.url}/offline-model`, { headers: { origin: 'null' } })).status).toBe(403);
  });

  it('refuses a host name that merely resolves to this machine', async () => {
    const status = await new Promise((resolve, reject) => {
      const options = { port: server.port, host: '127.0.0.1', headers: { host: 'rebound.example.com' } };
      get({ ...options, path: '/offline-model' }, (response) => resolve(response.statusCode)).on(
        'error',
        reject,
      );
    });
    expect(status).toBe(403);
  });

  it('answers 501 for a service it does not have', async () => {
    const response = await signedFetch(server, { service: 'ec2', ...inTime });
    expect(response.status).toBe(501);
    expect(await response.text()).toContain('The local cloud has no ec2');
  });

  it('hands unsigned requests under an open prefix to its handler', async () => {
    const response = await fetch(`${server.url}/offline-model/v1/messages`, { method: 'POST', body: 'abc' });
    expect(await response.text()).toBe('open 3');
    expect((await fetch(`${server.url}/offline-models`)).status).toBe(403);
  });

  it('counts calls by caller, service and operation until they are reset', async () => {
    const calls = { path: '/_local/calls', ...inTime };
    await signedFetch(server, { ...calls, method: 'DELETE' });
    await signedFetch(server, { ...TABLE_CALL, ...inTime });
    await signedFetch(server, { ...TABLE_CALL, ...inTime });
    await signedFetch(server, { path: '/jobs/job-1', ...inTime });
    await signedFetch(server, { path: '/jobs/job-2', ...inTime });
    expect(await (await signedFetch(server, calls)).json()).toEqual([
      { caller: CLIENT.label, service: 'dynamodb', operation: 'ListTables', count: 2 },
      { caller: CLIENT.label, service: 'execute-api', operation: 'GET /jobs', count: 2 },
    ]);
  });
});
