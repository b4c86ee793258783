import { expect, test } from '@jest/globals';
import type { WholeAnswer } from '#contracts/response-cache.ts';
import type { ReserveRequest, Settlement, TurnRequest, WorkerSession } from '#contracts/worker-protocol.ts';
import { agentBody, keys } from '../../fakes/agent-attempt.ts';
import { reserveOf, settleOf } from '../../fakes/model-turns.ts';
import { makeWorkerCloud, sha256, ticket, type WorkerCloud } from '../../fakes/worker-cloud.ts';

const signal = new AbortController().signal;
const responseKey = 'ab'.repeat(32);
const object = `responses/default/${responseKey}.json`;
const response: WholeAnswer = {
  content: [{ type: 'text', text: 'Forty-two.' }],
  stopReason: 'end_turn',
  model: 'claude-sonnet-5-5-20261001',
  offline: false,
};
const ask = (turn = 1): ReserveRequest => ({ ...reserveOf(turn), responseKey, maxAgeHours: 24 });
const settled = (turn = 1): Settlement => ({ ...settleOf(turn), response });

async function begin(cloud: WorkerCloud, project = 'default') {
  const { id } = await cloud.submit(agentBody({}, { project }));
  return { id, session: await start(cloud, id) };
}

async function start(cloud: WorkerCloud, id: string): Promise<WorkerSession> {
  const attempt = await cloud.assign(id);
  const instance = sha256(`${id} ${attempt}`);
  const request = { protocolVersion: 2 as const, jobId: id, attempt, ticket, instance };
  const started = await cloud.control.start(request, signal);
  return { jobId: id, attempt, session: started.session };
}

/** One job has asked, and its answer was kept. */
async function answeredOnce() {
  const cloud = makeWorkerCloud({ keys });
  const first = await begin(cloud);
  const missed = await cloud.control.turn({ ...first.session, reserve: ask() }, signal);
  await cloud.control.turn({ ...first.session, settle: settled() }, signal);
  return { cloud, first, missed };
}

const turnOf = (cloud: WorkerCloud, request: TurnRequest) => cloud.control.turn(request, signal);

test('the answer to an identical request is given again, with nothing put aside or spent [D9]', async () => {
  const { cloud, missed } = await answeredOnce();
  expect(missed).toEqual({ reservedMicroUsd: 15_000, spentMicroUsd: 0 });
  const { id, session } = await begin(cloud);
  const reply = await turnOf(cloud, { ...session, reserve: ask() });
  expect(reply).toEqual({ reservedMicroUsd: 0, spentMicroUsd: 0, response });
  expect(await cloud.row(id)).toMatchObject({ reservations: [], spentMicroUsd: 0, grantedMicroUsd: 0 });
  expect(cloud.deps.metrics.counts).toMatchObject({ ResponseCacheHits: 1, ResponseCacheMisses: 1 });
});

test('the ledger says of a hit that it cost nothing, and what it saved [D9]', async () => {
  const { cloud } = await answeredOnce();
  const { id, session } = await begin(cloud);
  await turnOf(cloud, { ...session, reserve: ask() });
  expect(await cloud.deps.ledger.entries(id)).toEqual([
    expect.objectContaining({
      key: '1/main/1/cached',
      microUsd: 0,
      savedMicroUsd: 700,
      model: reserveOf(1).model,
    }),
  ]);
});

test('a hit that is asked for again is the same, and counted once', async () => {
  const { cloud } = await answeredOnce();
  const { id, session } = await begin(cloud);
  const call = { ...session, reserve: ask() };
  expect(await turnOf(cloud, call)).toEqual(await turnOf(cloud, call));
  await turnOf(cloud, { ...session, reserve: ask(2) });
  expect((await cloud.row(id)).cachedAnswers).toEqual({ main: { attempt: 1, turn: 2, count: 2 } });
  expect(await cloud.deps.ledger.entries(id)).toHaveLength(2);
});

test('money that is put aside stays so, although the answer has come in meanwhile', async () => {
  const cloud = makeWorkerCloud({ keys });
  const [first, second] = [await begin(cloud), await begin(cloud)];
  await turnOf(cloud, { ...first.session, reserve: ask() });
  const call = { ...second.session, reserve: ask() };
  await turnOf(cloud, call);
  await turnOf(cloud, { ...first.session, settle: settled() });
  expect(await turnOf(cloud, call)).toEqual({ reservedMicroUsd: 15_000, spentMicroUsd: 0 });
  expect((await cloud.row(second.id)).reservations).toHaveLength(1);
});

test('an answer that is gone when it is asked for again is paid for like any other', async () => {
  const { cloud } = await answeredOnce();
  const { id, session } = await begin(cloud);
  await turnOf(cloud, { ...session, reserve: ask() });
  cloud.deps.objects.stored.delete(object);
  await turnOf(cloud, { ...session, reserve: ask() });
  await turnOf(cloud, { ...session, settle: settleOf(1) });
  const { spentMicroUsd } = await cloud.row(id);
  const paid = (await cloud.deps.ledger.entries(id)).reduce((sum, { microUsd }) => sum + microUsd, 0);
  expect([spentMicroUsd, paid]).toEqual([700, 700]);
});

test('another project does not get it [D9]', async () => {
  const { cloud } = await answeredOnce();
  const { session } = await begin(cloud, 'other');
  expect((await turnOf(cloud, { ...session, reserve: ask() })).response).toBeUndefined();
});

test('it is given for as long as whoever asks wants it to be fresh [D9]', async () => {
  const { cloud } = await answeredOnce();
  const { session } = await begin(cloud);
  const reserve = (turn: number) => turnOf(cloud, { ...session, reserve: { ...ask(turn), maxAgeHours: 2 } });
  cloud.deps.clock.advanceSeconds(2 * 3_600);
  expect((await reserve(1)).response).toEqual(response);
  cloud.deps.clock.advanceSeconds(0.001);
  expect((await reserve(2)).response).toBeUndefined();
});

test('an answer that is given later takes the place of one that is too old', async () => {
  const { cloud } = await answeredOnce();
  cloud.deps.clock.advanceSeconds(25 * 3_600);
  const { session } = await begin(cloud);
  await turnOf(cloud, { ...session, reserve: ask() });
  await turnOf(cloud, { ...session, settle: settled() });
  const reply = await turnOf(cloud, { ...(await begin(cloud)).session, reserve: ask() });
  expect(reply.response).toEqual(response);
});

test('whoever does not ask for it gets none, and keeps none', async () => {
  const cloud = makeWorkerCloud({ keys });
  const { session } = await begin(cloud);
  await turnOf(cloud, { ...session, reserve: reserveOf(1) });
  await turnOf(cloud, { ...session, settle: settled() });
  expect([...cloud.deps.objects.stored.keys()].filter((key) => key.startsWith('responses/'))).toEqual([]);
  expect(cloud.deps.metrics.counts.ResponseCacheMisses).toBeUndefined();
});

const stored = (text: string) => JSON.parse(text) as Record<string, unknown>;
test.each<[string, (text: string) => string]>([
  ['is cut off', (text) => text.slice(0, -5)],
  ['is empty', () => ''],
  ['has another answer in it', (text) => text.replace('Forty-two', 'Forty-ten')],
  ['belongs to another request', (text) => text.replace('abab', 'abac')],
  ['is of a later version', (text) => JSON.stringify({ ...stored(text), v: 2 })],
  ['has a field that nobody knows', (text) => JSON.stringify({ ...stored(text), more: 1 })],
  [
    'has an answer that is none',
    (text) => {
      const answer = JSON.stringify({ ...response, stopReason: 'refusal' });
      return JSON.stringify({ ...stored(text), answer, sha256: sha256(answer) });
    },
  ],
  ['is of a model without a price', (text) => JSON.stringify({ ...stored(text), model: 'gone-1' })],
])('an object that %s is none, and no failure [D9]', async (_what, damage) => {
  const { cloud } = await answeredOnce();
  await cloud.deps.objects.put(object, damage((await cloud.deps.objects.get(object)) ?? ''));
  const { session } = await begin(cloud);
  const reply = await turnOf(cloud, { ...session, reserve: ask() });
  expect(reply).toEqual({ reservedMicroUsd: 15_000, spentMicroUsd: 0 });
  expect(cloud.deps.metrics.counts.ResponseCacheMisses).toBe(2);
  expect(JSON.stringify(cloud.deps.log)).not.toContain('Forty');
});

test('a bucket that does not answer costs the cache, and nothing else', async () => {
  const { cloud } = await answeredOnce();
  const { id, session } = await begin(cloud);
  const fail = () => Promise.reject(new Error('SlowDown'));
  const { get, put } = cloud.deps.objects;
  cloud.deps.objects.get = fail;
  await turnOf(cloud, { ...session, reserve: ask() });
  Object.assign(cloud.deps.objects, { get, put: fail });
  await turnOf(cloud, { ...session, settle: settled() });
  expect(await cloud.row(id)).toMatchObject({ reservations: [], spentMicroUsd: 700 });
  Object.assign(cloud.deps.objects, { put });
});

test('a worker that has lost its job may settle what it owes, and keeps nothing [D9]', async () => {
  const cloud = makeWorkerCloud({ keys });
  const { id, session } = await begin(cloud);
  await turnOf(cloud, { ...session, reserve: ask() });
  await start(cloud, id);
  const late = turnOf(cloud, { ...session, settle: settled() });
  await expect(late).rejects.toMatchObject({ code: 'stale_attempt' });
  const outcome = { kind: 'interrupted' as const, reason: 'late' };
  await expect(
    cloud.control.finish({ ...session, settle: settled(), outcome }, signal),
  ).rejects.toMatchObject({
    code: 'stale_attempt',
  });
  expect((await cloud.row(id)).spentMicroUsd).toBe(700);
  expect(cloud.deps.objects.stored.has(object)).toBe(false);
});

test('nobody keeps an answer to what somebody else has asked [D9]', async () => {
  const cloud = makeWorkerCloud({ keys });
  const [first, second] = [await begin(cloud), await begin(cloud)];
  await turnOf(cloud, { ...first.session, reserve: ask() });
  const stranger = { ...first.session, session: second.session.session };
  await expect(turnOf(cloud, { ...stranger, settle: settled() })).rejects.toMatchObject({
    code: 'forbidden',
  });
  await turnOf(cloud, { ...second.session, settle: settled() });
  expect(cloud.deps.objects.stored.has(object)).toBe(false);
});

test('the last answer of a job is kept with its end', async () => {
  const cloud = makeWorkerCloud({ keys });
  const { session } = await begin(cloud);
  await turnOf(cloud, { ...session, reserve: ask() });
  const outcome = { kind: 'interrupted' as const, reason: 'the machine goes' };
  await cloud.control.finish({ ...session, settle: settled(), outcome }, signal);
  expect(cloud.deps.objects.stored.has(object)).toBe(true);
});
