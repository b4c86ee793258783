import { describe, expect, test } from '@jest/globals';
import { defaultTimings } from '#contracts/limits.ts';
import { checkTranscripts } from '#core/audit/check-transcript.ts';
import { type WorkPoint, workPoints } from '#core/ports/worker.ts';
import { Transcript } from '#core/work/transcript.ts';
import {
  agentBody,
  keys,
  resultOf,
  runAgentAttempt,
  type Script,
  submitCall,
} from '../../fakes/agent-attempt.ts';
import { MemorySandbox } from '../../fakes/memory-sandbox.ts';
import { makeWorkerCloud, sha256, type WorkerCloud } from '../../fakes/worker-cloud.ts';

const responseCache = { hours: 24 };
const body = agentBody({ responseCache });
const look = { name: 'bash', input: { command: 'look' } };
const script: Script = (turn) => (turn < 3 ? { text: 'I look.', calls: [look] } : { calls: [submitCall] });

interface Dying {
  point: WorkPoint;
  after: number;
}

async function attempt(cloud: WorkerCloud, id: string, say: Script, dieAt?: Dying) {
  const ran: string[] = [];
  const sandbox = new MemorySandbox();
  sandbox.outcome = (request) => {
    ran.push('command' in request ? request.command : '');
    return { output: 'seen' };
  };
  const { requests, ending } = await runAgentAttempt(cloud, id, {
    script: say,
    sandbox,
    ...(dieAt && { dieAt }),
  });
  return { requests, ran, ending };
}

async function run(cloud: WorkerCloud, given: unknown = body, say: Script = script) {
  const { id } = await cloud.submit(given);
  const did = await attempt(cloud, id, say);
  return { id, ...did, result: await resultOf(cloud, id), row: await cloud.row(id) };
}

async function entriesOf(cloud: WorkerCloud, id: string) {
  return (await cloud.segments(id)).flatMap((text) => JSON.parse(text).entries);
}

/** What the ledger and the transcript of all jobs say of each other. */
async function findings(cloud: WorkerCloud, ...ids: string[]): Promise<unknown[]> {
  const { deps } = cloud;
  const stored = [...deps.objects.stored];
  return checkTranscripts({
    nowMs: 0,
    rows: await Promise.all(ids.map((id) => cloud.row(id))),
    slots: { fargate: { held: [], stopped: undefined }, function: { held: [], stopped: undefined } },
    ledger: (await Promise.all(ids.map((id) => deps.ledger.entries(id)))).flat(),
    months: [],
    results: new Map(stored.map(([key, bytes]) => [key, { bytes: bytes.length, sha256: sha256(bytes) }])),
    texts: { of: new Map(stored.map(([key, bytes]) => [key, String(bytes)])), sha256 },
    timings: defaultTimings,
    maxConcurrentWorkers: 1,
    maxConcurrentFunctions: 1,
    projectMonthMicroUsd: 1,
  });
}

describe('an agent with a response cache', () => {
  test('does the same again without asking the model, and pays nothing [D9]', async () => {
    const cloud = makeWorkerCloud({ keys });
    const first = await run(cloud);
    const again = await run(cloud);
    expect([first.requests.length, again.requests.length]).toEqual([3, 0]);
    // Its tools are run all the same: an answer is remembered, not what came of it.
    expect(again.ran).toEqual(['look', 'look']);
    expect(first.result.costUsd).toBeGreaterThan(0);
    expect(again.result).toEqual({
      ...first.result,
      cachedAnswers: 3,
      costUsd: 0,
      usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
    });
    expect(again.row).toMatchObject({ status: 'SUCCEEDED', spentMicroUsd: 0, grantedMicroUsd: 0 });
    expect(await findings(cloud, first.id, again.id)).toEqual([]);
  });

  test('says in its transcript and its events which answers those are [D9]', async () => {
    const cloud = makeWorkerCloud({ keys });
    await run(cloud);
    const { id } = await run(cloud);
    const usages = new Transcript(await entriesOf(cloud, id)).usages();
    expect(usages.map(({ turn, cached, costMicroUsd }) => ({ turn, cached, costMicroUsd }))).toEqual(
      [1, 2, 3].map((turn) => ({ turn, cached: true, costMicroUsd: 0 })),
    );
    const events = await cloud.deps.events.read(id, { attempt: 0, seq: 0 }, 100);
    expect(events.filter(({ type }) => type === 'turn')).toMatchObject([
      { turn: 1, cached: true, costMicroUsd: 0, totalMicroUsd: 0 },
      { turn: 2, cached: true },
      { turn: 3, cached: true },
    ]);
    expect(events.flatMap((event) => (event.type === 'text' ? [event.text] : [])).join('')).toContain(
      'I look.',
    );
  });

  test('asks as soon as something differs, and puts as much aside as if it had asked before', async () => {
    const cloud = makeWorkerCloud({ keys });
    await run(cloud);
    const sandboxes = ['seen', 'seen something else'];
    const { id } = await cloud.submit(body);
    const sandbox = new MemorySandbox();
    sandbox.outcome = () => ({ output: sandboxes.shift() ?? '' });
    const { requests } = await runAgentAttempt(cloud, id, { script, sandbox });
    expect(requests.map(({ messages }) => messages.length)).toEqual([5]);
    const reserved = cloud.calls.flatMap(({ request }) => (request.jobId === id && request.reserve) || []);
    const bytes = Buffer.byteLength(JSON.stringify(requests[0]?.messages));
    expect(reserved.at(-1)).toMatchObject({ turn: 3 });
    expect((reserved.at(-1) as { inputTokensMax: number }).inputTokensMax).toBeGreaterThan(bytes);
    expect((await cloud.row(id)).cachedAnswers).toEqual({ main: { attempt: 1, turn: 2, count: 2 } });
    expect(await findings(cloud, id)).toEqual([]);
  });

  test('without one, or in another project, asks every time', async () => {
    const cloud = makeWorkerCloud({ keys });
    await run(cloud);
    expect((await run(cloud, agentBody())).requests).toHaveLength(3);
    expect((await run(cloud, agentBody({ responseCache }, { project: 'other' }))).requests).toHaveLength(3);
  });

  test.each<[string, Script]>([
    ['was refused', () => ({ text: 'No.', stopReason: 'refusal' })],
    [
      'was cut off',
      (turn) => (turn === 1 ? { text: 'Now I', stopReason: 'max_tokens' } : { calls: [submitCall] }),
    ],
  ])('asks again what %s', async (_what, say) => {
    const cloud = makeWorkerCloud({ keys });
    await run(cloud, body, say);
    const { requests } = await run(cloud, body, say);
    expect(requests[0]?.messages).toHaveLength(1);
  });

  test('keeps the answer that came after tries that broke off, which are paid', async () => {
    const cloud = makeWorkerCloud({ keys });
    const spent = { inputTokens: 400, outputTokens: 90 };
    const { id } = await run(cloud, body, (turn, request, options) => {
      if (turn === 1)
        return options.reserved?.renew({ ...zero, ...spent }).then(() => script(1, request, options)) ?? {};
      return script(turn, request, options);
    });
    expect((await cloud.row(id)).usage?.inputTokens).toBe(700);
    expect((await run(cloud)).requests).toHaveLength(0);
    expect(await findings(cloud, id)).toEqual([]);
  });
});

const zero = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

describe('a worker that dies with an answer of the cache in its hands', () => {
  /** Everything in it may be done again, so that nothing is unknown to the next attempt. */
  const writing: Script = (turn) =>
    turn < 3
      ? { calls: [{ name: 'write_file', input: { path: 'a', content: `${turn}` } }] }
      : { calls: [submitCall] };
  const deaths: Dying[] = workPoints
    .filter((point) => point !== 'turn.recorded' && point !== 'results.recorded')
    .flatMap((point) => (point === 'result.stored' ? [0] : [0, 1]).map((after) => ({ point, after })));
  test.each(deaths)('is taken over at $point (after $after), and nothing is paid [D9]', async (dieAt) => {
    const cloud = makeWorkerCloud({ keys });
    const first = await run(cloud, body, writing);
    const { id } = await cloud.submit(body);
    expect((await attempt(cloud, id, writing, dieAt)).ending).toBe('died');
    const { requests } = await attempt(cloud, id, writing);
    expect(requests).toEqual([]);
    const { cachedAnswers, ...row } = await cloud.row(id);
    expect(row).toMatchObject({ status: 'SUCCEEDED', spentMicroUsd: 0, reservations: [] });
    expect(cachedAnswers?.main?.count).toBeGreaterThanOrEqual(3);
    expect(await findings(cloud, first.id, id)).toEqual([]);
  });
});
