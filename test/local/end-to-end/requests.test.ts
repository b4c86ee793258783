import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EchoResult, FileView, JobView, UploadTarget } from '../../../lib/contracts/job-view.ts';
import { routes } from '../../../lib/contracts/routes.ts';
import { type Bed, startBed } from './harness.ts';

interface Page<T> {
  items: T[];
  cursor?: string;
}

let bed: Bed;
beforeAll(async () => {
  bed = await startBed();
}, 120_000);
afterAll(() => bed?.close(), 20_000);

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const echo = (message: string, more: object = {}) => ({ type: 'echo', payload: { message }, ...more });

function submitAs(key: string, request: object) {
  return bed.call<JobView>('POST', '/jobs', request, { headers: { 'idempotency-key': key } });
}

test('the same request under one key makes one job, and another request is refused [A1]', async () => {
  const first = await submitAs('order 17', echo('once'));
  expect(first.status).toBe(201);
  const again = await submitAs('"order 17"', { payload: { message: 'once' }, type: 'echo' });
  expect(again.status).toBe(200);
  expect(again.body.id).toBe(first.body.id);
  const other = await submitAs('order 17', echo('twice'));
  expect(other.status).toBe(422);
  expect(other.body).toMatchObject({ code: 'idempotency_key_reused', remedy: expect.any(String) });
  expect((await submitAs('order 18', echo('twice'))).status).toBe(201);
}, 60_000);

test('ten of the same request at once make one job [A1]', async () => {
  const replies = await Promise.all(
    Array.from({ length: 10 }, () => submitAs('stampede', echo('me', { project: 'stampede' }))),
  );
  expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
  expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(replies.filter(({ status }) => status === 200)).toHaveLength(9);
  const listed = await bed.call<Page<JobView>>('GET', '/jobs?project=stampede');
  expect(listed.body.items).toHaveLength(1);
}, 60_000);

test('lists run from the newest, page by page, each job once, by project, type and state [A1]', async () => {
  const parent = await bed.submit(echo('parent', { project: 'listing' }));
  const children: string[] = [];
  for (const n of [1, 2, 3, 4, 5, 6])
    children.push((await bed.submit(echo(`child ${n}`, { project: 'listing' }))).id);
  await bed.allEnded('listing', 7);

  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const after = cursor ? `&cursor=${cursor}` : '';
    const page = await bed.call<Page<JobView>>('GET', `/jobs?project=listing&limit=3${after}`);
    expect(page.status).toBe(200);
    expect(page.body.items.length).toBeLessThanOrEqual(3);
    seen.push(...page.body.items.map(({ id }) => id));
    cursor = page.body.cursor;
  } while (cursor);
  expect(seen).toEqual([...children.reverse(), parent.id]);

  const idsOf = async (query: string) =>
    (await bed.call<Page<JobView>>('GET', `/jobs?${query}`)).body.items.map(({ id }) => id);
  expect(await idsOf('project=listing&status=SUCCEEDED')).toEqual(seen);
  expect(await idsOf('project=listing&status=FAILED')).toEqual([]);
  expect(await idsOf('project=listing&type=chat')).toEqual([]);
  expect(await idsOf('project=nobody')).toEqual([]);
  expect(await idsOf('limit=100')).toEqual(expect.arrayContaining(seen));
}, 60_000);

test('a job shows its files, and each address gives the bytes [A3]', async () => {
  const { id } = await bed.submit(echo('in a file', { project: 'filed' }));
  expect((await bed.call<Page<FileView>>('GET', `/jobs/${id}/files`)).status).toBe(200);
  await bed.ended(id);
  const { body } = await bed.call<Page<FileView>>('GET', `/jobs/${id}/files`);
  expect(body.items).toEqual([
    {
      path: 'result.json',
      url: expect.stringContaining('X-Amz-Signature='),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      bytes: expect.any(Number),
      expiresAt: expect.any(String),
    },
  ]);
  const one = await bed.call<FileView>('GET', `/jobs/${id}/files/result.json`);
  const fetched = await fetch(one.body.url);
  const text = await fetched.text();
  expect(fetched.status).toBe(200);
  expect(JSON.parse(text)).toEqual(await bed.result<EchoResult>(id));
  expect(sha256(text)).toBe(one.body.sha256);
  expect((await fetch(one.body.url.replace('result.json', 'other.json'))).status).toBe(403);
  expect((await fetch(one.body.url, { method: 'PUT', body: 'changed' })).status).toBe(403);
}, 60_000);

test('an upload address takes exactly the content that was announced [A1]', async () => {
  const content = 'a reference document';
  const files = [{ sha256: sha256(content), bytes: content.length }];
  const { status, body } = await bed.call<Page<UploadTarget>>('POST', '/uploads', { project: 'up', files });
  expect(status).toBe(201);
  const [target] = body.items;
  if (!target) throw new Error('no address');
  const put = (text: string, headers = target.headers) =>
    fetch(target.url, { method: 'PUT', headers, body: text });
  expect((await put('another document....')).status).toBe(400);
  expect((await put(content, {})).status).toBe(403);
  expect(await bed.objectKeys('projects/up/')).toEqual([]);
  expect((await put(content)).status).toBe(200);
  expect((await put(content)).status).toBe(200);
  expect(await bed.objectKeys('projects/up/')).toEqual([`projects/up/inputs/${sha256(content)}`]);
  expect(await bed.object(`projects/up/inputs/${sha256(content)}`)).toBe(content);
}, 60_000);

test('an ended job is run again as a new job that names it [A1] [A9]', async () => {
  const { id } = await bed.submit(echo('again', { priority: 'high', maxAttempts: 2 }));
  const first = await bed.ended(id);
  const reply = await bed.call<JobView>('POST', `/jobs/${id}/retry`, undefined, {
    headers: { 'idempotency-key': 'retry of it' },
  });
  expect(reply.status).toBe(201);
  expect(reply.body).toMatchObject({ retryOf: id, attempt: 0, priority: 'high', maxAttempts: 2 });
  const replayed = await bed.call<JobView>('POST', `/jobs/${id}/retry`, undefined, {
    headers: { 'idempotency-key': 'retry of it' },
  });
  expect([replayed.status, replayed.body.id]).toEqual([200, reply.body.id]);
  expect(await bed.ended(reply.body.id)).toMatchObject({ status: 'SUCCEEDED', retryOf: id });
  expect((await bed.result<EchoResult>(reply.body.id)).message).toBe('again');
  expect(await bed.job(id)).toEqual(first);
}, 60_000);

test('health says who is taken for whom [A10]', async () => {
  const { status, body } = await bed.call('GET', '/health');
  expect(status).toBe(200);
  expect(routes.readHealth.replies[200].schema.parse(body)).toMatchObject({
    caller: 'arn:aws:iam::000000000000:user/local',
    projects: '*',
  });
}, 30_000);

test('the OpenAPI document names every route, and every reference in it leads somewhere [A1]', async () => {
  const { status, body } = await bed.call<Record<string, unknown>>('GET', '/openapi.json');
  expect(status).toBe(200);
  expect(body.openapi).toBe('3.1.0');
  const { paths, components } = body as {
    paths: Record<string, Record<string, unknown>>;
    components: { schemas: Record<string, unknown> };
  };
  const listed = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const known = Object.values(routes).map(({ method, path }) => `${method} ${path.replace('+}', '}')}`);
  expect(listed.sort()).toEqual(known.sort());
  const references = [...JSON.stringify(body).matchAll(/"\$ref":"([^"]+)"/g)].map(([, name]) => name);
  expect(references.length).toBeGreaterThan(5);
  for (const reference of references) {
    expect(Object.keys(components.schemas).map((name) => `#/components/schemas/${name}`)).toContain(
      reference,
    );
  }
}, 30_000);
