import { expect, test } from '@jest/globals';
import type { TurnRequest } from '#contracts/worker-protocol.ts';
import { agentBody, keys } from '../../fakes/agent-attempt.ts';
import { makeWorkerCloud, sha256, ticket, type WorkerCloud } from '../../fakes/worker-cloud.ts';

const signal = new AbortController().signal;
const model = 'claude-sonnet-5-5';
const usage = { inputTokens: 1_000, outputTokens: 100, cacheReadTokens: 0, cacheWriteTokens: 0 };

async function start(cloud: WorkerCloud, id: string) {
  const attempt = await cloud.assign(id);
  const request = { protocolVersion: 2 as const, jobId: id, attempt, ticket, instance: sha256(`${attempt}`) };
  const started = await cloud.control.start(request, signal);
  return { started, session: { jobId: id, attempt, session: started.session } };
}

async function begin(settings = {}) {
  const cloud = makeWorkerCloud({ keys, settings });
  const { id } = await cloud.submit(agentBody());
  return { cloud, id, ...(await start(cloud, id)) };
}

const record = (segment: number, body = `{"n":${segment}}`, conversation = 'main') => ({
  conversation,
  segment,
  body,
});
const reserve = (turn: number, conversation = 'main') => ({
  conversation,
  turn,
  model,
  inputTokensMax: 1_000,
  maxTokens: 1_000,
});
const settle = (turn: number) => ({ conversation: 'main', turn, model, usage });

test('settling, recording and reserving are one write of the row', async () => {
  const { cloud, id, session } = await begin();
  await cloud.control.turn({ ...session, record: record(1), reserve: reserve(1) }, signal);
  const before = await cloud.row(id);
  await cloud.control.turn({ ...session, settle: settle(1), record: record(2), reserve: reserve(2) }, signal);
  const row = await cloud.row(id);
  expect(row.version).toBe(before.version + 1);
  expect(row.checkpoint?.conversations).toEqual({
    main: [{ attempt: 1, upTo: 2, sha256: expect.any(String) }],
  });
  expect(row.reservations.map(({ key }) => key)).toEqual(['1/main/2']);
  expect(row.spentMicroUsd).toBeGreaterThan(0);
  expect(await cloud.segments(id)).toEqual(['{"n":1}', '{"n":2}']);
});

test('the same call again changes neither money nor transcript', async () => {
  const { cloud, id, session } = await begin();
  await cloud.control.turn({ ...session, reserve: reserve(1) }, signal);
  const call: TurnRequest = { ...session, settle: settle(1), record: record(1), reserve: reserve(2) };
  const first = await cloud.control.turn(call, signal);
  const again = await cloud.control.turn(call, signal);
  expect(again).toEqual(first);
  expect(await cloud.deps.ledger.entries(id)).toHaveLength(1);
  expect((await cloud.row(id)).checkpoint?.conversations.main).toMatchObject([{ attempt: 1, upTo: 1 }]);
});

test('a segment is never replaced', async () => {
  const { cloud, id, session } = await begin();
  await cloud.control.turn({ ...session, record: record(1) }, signal);
  await expect(
    cloud.control.turn({ ...session, record: record(1, '{"n":"other"}') }, signal),
  ).rejects.toMatchObject({
    code: 'invalid_request',
  });
  expect(await cloud.segments(id)).toEqual(['{"n":1}']);
});

test('segments come without gaps', async () => {
  const { cloud, session } = await begin();
  await expect(cloud.control.turn({ ...session, record: record(2) }, signal)).rejects.toMatchObject({
    code: 'invalid_request',
    message: expect.stringMatching(/next is 1/),
  });
});

test('a later attempt goes on with the numbers, and start gives it every segment in order', async () => {
  const { cloud, id, session } = await begin();
  for (const segment of [1, 2]) await cloud.control.turn({ ...session, record: record(segment) }, signal);
  const second = await start(cloud, id);
  expect(second.started.checkpoint?.conversations.main?.segments.map(({ segment }) => segment)).toEqual([
    1, 2,
  ]);
  await cloud.control.turn({ ...second.session, record: record(3) }, signal);
  const third = await start(cloud, id);
  const { segments = [], sha256: digest } = third.started.checkpoint?.conversations.main ?? {};
  expect(segments.map(({ url }) => url.replace(/.*transcript\//, ''))).toEqual([
    'main/000001-a1.json',
    'main/000002-a1.json',
    'main/000003-a2.json',
  ]);
  const chain = [1, 2, 3].reduce((before, n) => sha256(before + sha256(`{"n":${n}}`)), '');
  expect(digest).toBe(chain);
});

test('what an attempt stores after it has lost the job counts for nothing, but it may settle', async () => {
  const { cloud, id, session } = await begin();
  await cloud.control.turn({ ...session, record: record(1), reserve: reserve(1) }, signal);
  const second = await start(cloud, id);
  await expect(
    cloud.control.turn({ ...session, settle: settle(1), record: record(2) }, signal),
  ).rejects.toMatchObject({ code: 'stale_attempt' });
  expect((await cloud.row(id)).reservations).toEqual([]);
  await cloud.control.turn({ ...second.session, record: record(2, '{"mine":true}') }, signal);
  expect(await cloud.segments(id)).toEqual(['{"n":1}', '{"mine":true}']);
});

test('an attempt cannot write what another one has written', async () => {
  const { cloud, id, session } = await begin();
  await cloud.control.turn({ ...session, record: record(1) }, signal);
  const second = await start(cloud, id);
  await expect(cloud.control.turn({ ...second.session, record: record(1) }, signal)).rejects.toMatchObject({
    code: 'invalid_request',
  });
});

test('a foreign session records nothing', async () => {
  const { cloud, id, session } = await begin();
  const foreign = { ...session, session: 'ab'.repeat(32) };
  await expect(cloud.control.turn({ ...foreign, record: record(1) }, signal)).rejects.toMatchObject({
    code: 'forbidden',
  });
  expect([...cloud.deps.objects.stored.keys()].filter((key) => key.includes('transcript'))).toEqual([]);
  expect((await cloud.row(id)).checkpoint).toBeUndefined();
});

test('what came with a reservation that is refused is kept', async () => {
  const { cloud, id, session } = await begin({ jobBudgetMicroUsd: 20_000 });
  await cloud.control.turn({ ...session, reserve: reserve(1) }, signal);
  const dear = { ...reserve(2), inputTokensMax: 10_000_000 };
  await expect(
    cloud.control.turn({ ...session, settle: settle(1), record: record(1), reserve: dear }, signal),
  ).rejects.toMatchObject({ code: 'budget_exceeded' });
  const row = await cloud.row(id);
  expect(row.reservations).toEqual([]);
  expect(row.spentMicroUsd).toBeGreaterThan(0);
  expect(await cloud.segments(id)).toEqual(['{"n":1}']);
});

test('conversations side by side keep their own numbers', async () => {
  const { cloud, id, session } = await begin();
  await Promise.all(
    ['q1', 'q2', 'q3'].map((name) =>
      cloud.control.turn({ ...session, record: record(1, `{"${name}":1}`, name) }, signal),
    ),
  );
  const { checkpoint } = await cloud.row(id);
  expect(Object.keys(checkpoint?.conversations ?? {}).sort()).toEqual(['q1', 'q2', 'q3']);
  expect(await cloud.segments(id, 'q2')).toEqual(['{"q2":1}']);
});

test('a capped job ends FAILED with its partial result', async () => {
  const { cloud, id, session } = await begin();
  const document = '{"summary":"half"}';
  const result = { sha256: sha256(document), bytes: document.length };
  const { files } = await cloud.control.uploads(
    { ...session, files: [{ name: 'result.json', ...result }] },
    signal,
  );
  const [target] = files;
  const error = { code: 'capped' as const, message: 'Stopped', retryable: false };
  const finish = () =>
    cloud.control.finish({ ...session, outcome: { kind: 'failed', error, result } }, signal);
  await expect(finish()).rejects.toMatchObject({ code: 'result_mismatch' });
  if (target) await cloud.objects.put(target, Buffer.from(document), signal);
  await finish();
  expect(await cloud.row(id)).toMatchObject({ status: 'FAILED', error: { code: 'capped' }, result });
});

test('while everything is stopped no money is put aside; what was settled and recorded with it stays [A8]', async () => {
  const { cloud, id, session } = await begin();
  await cloud.control.turn({ ...session, reserve: reserve(1) }, signal);
  await cloud.deps.slots.setStopped('fargate', { by: 'somebody', atMs: cloud.deps.clock.nowMs() });
  const call: TurnRequest = { ...session, settle: settle(1), record: record(1), reserve: reserve(2) };
  await expect(cloud.control.turn(call, signal)).rejects.toMatchObject({ code: 'job_stopping' });
  const row = await cloud.row(id);
  expect(row).toMatchObject({ status: 'STOPPING', stopCause: 'halt', reservations: [] });
  expect(row.spentMicroUsd).toBeGreaterThan(0);
  expect(await cloud.segments(id)).toEqual(['{"n":1}']);
  await expect(cloud.control.turn({ ...session, reserve: reserve(2) }, signal)).rejects.toMatchObject({
    code: 'job_stopping',
  });
});
