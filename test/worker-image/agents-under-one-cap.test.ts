import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JobRow } from '#contracts/job-row.ts';
import { requirePrice, reservationFor } from '#core/money/price.ts';
import { committed } from '#core/money/reserve.ts';
import { systemTime } from '../../lib/adapters/control/system-time.ts';
import { openModel } from '../../lib/adapters/models/open-model.ts';
import type { ReserveRequest } from '../../lib/contracts/worker-protocol.ts';
import type { WorkerPorts } from '../../lib/core/ports/worker.ts';
import { agentBody, runAgentAttempt } from '../fakes/agent-attempt.ts';
import { startFakeAnthropic } from '../fakes/fake-anthropic.ts';
import type { FakeAnswer, FakeProvider } from '../fakes/fake-provider.ts';
import { startFakeResponses } from '../fakes/fake-responses.ts';
import { type Meter, type Stated, startMeter } from '../fakes/meter.ts';
import { makeWorkerCloud, type WorkerCloud } from '../fakes/worker-cloud.ts';

const capMicroUsd = 1_200_000;
/** They would go on for ever. */
const work: FakeAnswer = {
  kind: 'say',
  text: 'Another step of the work, which never ends.',
  calls: [{ name: 'bash', json: '{"command":"true"}' }],
};
const overloaded: FakeAnswer = { kind: 'status', status: 529 };

/** As Anthropic states it: the last event counts, and what it leaves out stands in the first. */
function readMessages(events: readonly Stated[]): Stated | undefined {
  const first = events.find(({ type }) => type === 'message_start') as { message: { usage: Stated } };
  const last = events.findLast(({ type }) => type === 'message_delta') as { usage: Stated } | undefined;
  return last && { ...first.message.usage, ...last.usage };
}

/** As OpenAI states it: in the event that ends the response. */
function readResponses(events: readonly Stated[]): Stated | undefined {
  const last = events.find(({ type }) => type === 'response.completed');
  return (last as { response: { usage: Stated } } | undefined)?.response.usage;
}

/** USD per million tokens of claude-sonnet-5-5 and gpt-6.2-sol, which both take 2 and 10, 2.5 and 0.1. */
const microUsd = (input: number, output: number, written: number, read: number) =>
  Math.ceil((input * 20 + output * 100 + written * 25 + read) / 10);

function billOfMessages(usage: Stated): number {
  const { input_tokens, output_tokens, cache_creation_input_tokens, cache_read_input_tokens } =
    usage as Record<string, number>;
  return microUsd(
    input_tokens ?? 0,
    output_tokens ?? 0,
    cache_creation_input_tokens ?? 0,
    cache_read_input_tokens ?? 0,
  );
}

function billOfResponses(usage: Stated): number {
  const { input_tokens, output_tokens, input_tokens_details } = usage as {
    input_tokens: number;
    output_tokens: number;
    input_tokens_details: { cached_tokens: number; cache_write_tokens: number };
  };
  const { cached_tokens, cache_write_tokens } = input_tokens_details;
  const fresh = input_tokens - cached_tokens - cache_write_tokens;
  return microUsd(fresh, output_tokens, cache_write_tokens, cached_tokens);
}

const agentIn = (body: string) => Number(/You are agent (\d+)\./.exec(body)?.[1]);
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

describe('twenty agents of two makers, over HTTP, under the small cap of one project', () => {
  const fakes: FakeProvider[] = [];
  let anthropic: Meter;
  let openai: Meter;
  let cloud: WorkerCloud;
  let rows: JobRow[];
  let billed: Record<string, number>;

  beforeAll(async () => {
    const claude = await startFakeAnthropic([overloaded, work]);
    // Each remembers one conversation, to check that it comes back as it was.
    const gpts = await Promise.all(Array.from({ length: 10 }, () => startFakeResponses([overloaded, work])));
    fakes.push(claude, ...gpts);
    anthropic = await startMeter(() => claude.url, readMessages, 10);
    openai = await startMeter((body) => gpts[agentIn(body) % 10]?.url ?? '', readResponses, 10);
    const keys = {
      anthropic: { apiKey: 'sk-ant-test', baseUrl: anthropic.url },
      openai: { apiKey: 'sk-test', baseUrl: openai.url },
    };
    cloud = makeWorkerCloud({ keys, settings: { projectMonthMicroUsd: capMicroUsd } });
    const ids: string[] = [];
    for (let n = 0; n < 20; n++) {
      const model = n % 2 === 0 ? 'claude-sonnet-5-5' : 'gpt-6.2-sol';
      const payload = {
        prompt: `You are agent ${Math.floor(n / 2)}.`,
        model,
        maxTokens: 2_000,
        maxTurns: 200,
        tools: ['bash'],
      };
      ids.push((await cloud.submit(agentBody(payload))).id);
    }
    const ports: Partial<WorkerPorts> = {
      openModel: (credential, model, renew) =>
        openModel({ credential, entry: requirePrice(model), time: systemTime, renew }),
    };
    const script = () => {
      throw new Error('the provider speaks, not the script');
    };
    await Promise.all(ids.map((id) => runAgentAttempt(cloud, id, { script, ports })));
    rows = await Promise.all(ids.map((id) => cloud.row(id)));
    billed = {
      'claude-sonnet-5-5': sum(anthropic.bills.map(billOfMessages)),
      'gpt-6.2-sol': sum(openai.bills.map(billOfResponses)),
    };
  }, 60_000);

  afterAll(() => Promise.all([anthropic, openai, ...fakes].map((server) => server?.close())));

  test('all end at the cap, and none is left with money put aside [A8] [A9]', () => {
    expect(rows.map(({ error }) => error?.code)).toEqual(rows.map(() => 'capped'));
    expect(rows.flatMap(({ reservations }) => reservations)).toEqual([]);
    // All twenty have put money aside before the first of them is answered.
    expect([anthropic.mostAtOnce(), openai.mostAtOnce()]).toEqual([10, 10]);
  });

  test('what is settled is at most the cap and one reservation, and most of the cap is used [A8] [A9]', () => {
    const reserved = cloud.calls.flatMap(({ name, request }) =>
      name === 'turn' && request.reserve ? [request.reserve as ReserveRequest] : [],
    );
    const largest = Math.max(
      ...reserved.map(({ model, inputTokensMax, maxTokens }) =>
        reservationFor(model, inputTokensMax, maxTokens),
      ),
    );
    const settled = sum(rows.map(({ spentMicroUsd }) => spentMicroUsd));
    expect(settled).toBe(sum(rows.map(committed)));
    expect(settled).toBeLessThanOrEqual(capMicroUsd + largest);
    expect(settled).toBeGreaterThan(capMicroUsd / 2);
  });

  test.each(['claude-sonnet-5-5', 'gpt-6.2-sol'])(
    'the ledger and the server of %s agree to the micro-dollar [A8]',
    async (model) => {
      const mine = rows.filter((row) => row.model === model);
      const entries = (await Promise.all(mine.map(({ id }) => cloud.deps.ledger.entries(id)))).flat();
      expect(entries.length).toBeGreaterThan(20);
      expect(sum(entries.map((entry) => entry.microUsd))).toBe(billed[model]);
      expect(sum(mine.map(({ spentMicroUsd }) => spentMicroUsd))).toBe(billed[model]);
    },
  );

  test('the month has committed what the servers have billed, and nothing more [A8]', () => {
    const [month] = [...cloud.deps.months.months.values()];
    expect(month?.committedMicroUsd).toBe(sum(Object.values(billed)));
  });
});
