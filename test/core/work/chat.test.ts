import { expect, test } from '@jest/globals';
import { AppError } from '../../../lib/contracts/errors.ts';
import { type Model, ModelError, type ModelTurn } from '../../../lib/core/ports/model.ts';
import { runAttempt } from '../../../lib/core/work/run-attempt.ts';
import { WorkerStop } from '../../../lib/core/work/worker-stop.ts';
import { answers, FakeModel, type FakeWorker, makeFakeWorker, turnOf } from '../../fakes/worker-ports.ts';
import { HastyTime } from '../../fakes/worker-time.ts';

const payload = { prompt: 'Wörum?', system: 'Be brief.', model: 'claude-sonnet-5-5', maxTokens: 100 };
const provider = { name: 'anthropic' as const, apiKey: 'key' };
const usage = { inputTokens: 10, outputTokens: 20, cacheReadTokens: 0, cacheWriteTokens: 0 };
const settle = { conversation: 'chat', turn: 1, model: 'claude-sonnet-5-5', usage };

function makeChatWorker(model: Model, more: { model?: string; provider?: undefined } = {}): FakeWorker {
  const started = 'provider' in more ? {} : { provider };
  const input = { type: 'chat', payload: { ...payload, ...(more.model && { model: more.model }) } };
  return makeFakeWorker({ input, time: new HastyTime(), started, model });
}

async function run(worker: FakeWorker) {
  const stop = new WorkerStop(worker.ports.time);
  const assignment = { jobId: 'job-1', attempt: 1, ticket: '7c', instance: '1a', processedBy: 'host' };
  await runAttempt(assignment, worker.ports, stop, () => undefined);
  const result = worker.stored.get('memory:result.json');
  return { finish: worker.control.requests('finish')[0], result: result && JSON.parse(result) };
}

test('money is reserved before the model is asked, and settled with the outcome [A8]', async () => {
  const model = answers('Därum.');
  const worker = makeChatWorker(model);
  const { finish, result } = await run(worker);
  expect(worker.control.names().slice(0, 2)).toEqual(['start', 'turn']);
  expect(worker.control.requests('turn')).toMatchObject([
    {
      reserve: {
        conversation: 'chat',
        turn: 1,
        model: 'claude-sonnet-5-5',
        inputTokensMax: 1_016,
        maxTokens: 100,
      },
    },
  ]);
  expect(finish).toMatchObject({ settle, outcome: { kind: 'succeeded' } });
  expect(result).toEqual({
    text: 'Därum.',
    model: 'claude-sonnet-5-5',
    stopReason: 'end_turn',
    usage,
    costUsd: 0.00022,
  });
});

test('model, system prompt and max tokens are what the job says [A7]', async () => {
  const model = answers('Because.');
  await run(makeChatWorker(model));
  expect(model.requests).toEqual([
    {
      model: 'claude-sonnet-5-5',
      system: 'Be brief.',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Wörum?' }] }],
      maxTokens: 100,
    },
  ]);
});

test('a refused reservation fails the job before the model is asked [A8]', async () => {
  const model = answers('Because.');
  const worker = makeChatWorker(model);
  worker.control.fail('turn', new AppError('budget_exceeded', 'The job may spend 1 USD'));
  const { finish } = await run(worker);
  expect(model.requests).toEqual([]);
  expect(finish?.outcome).toEqual({
    kind: 'failed',
    error: { code: 'budget_exceeded', message: 'The job may spend 1 USD', retryable: false },
  });
  expect(finish?.settle).toBeUndefined();
});

test('without a key the job fails and names the command that sets one [A5]', async () => {
  const worker = makeChatWorker(answers('Because.'), { provider: undefined });
  const { finish } = await run(worker);
  expect(worker.control.requests('turn')).toEqual([]);
  expect(finish?.outcome).toMatchObject({
    error: { code: 'provider_key_missing', remedy: 'muster keys set anthropic', retryable: false },
  });
});

test('a model without a price is refused', async () => {
  const worker = makeChatWorker(answers('Because.'), { model: 'claude-nonesuch' });
  const { finish } = await run(worker);
  expect(worker.control.requests('turn')).toEqual([]);
  expect(finish?.outcome).toMatchObject({ error: { code: 'unknown_model', retryable: false } });
});

test.each<[ModelTurn['stopReason']]>([['end_turn'], ['max_tokens'], ['stop_sequence']])(
  'an answer that ends with %s is a success that says so',
  async (stopReason) => {
    const { finish, result } = await run(makeChatWorker(answers('Because', { stopReason })));
    expect(finish?.outcome.kind).toBe('succeeded');
    expect(result).toMatchObject({ stopReason });
  },
);

test.each<[ModelTurn['stopReason'], string, string]>([
  ['refusal', 'provider_refused', 'The model refused to answer: no chemistry'],
  ['model_context_window_exceeded', 'provider_refused', "do not fit the model's context window"],
  ['pause_turn', 'worker_error', '"pause_turn"'],
  ['tool_use', 'worker_error', '"tool_use"'],
])('an answer that ends with %s fails for good and is paid for', async (stopReason, code, message) => {
  const { finish } = await run(makeChatWorker(answers('', { stopReason, stopDetail: 'no chemistry' })));
  expect(finish).toMatchObject({
    settle,
    outcome: { kind: 'failed', error: { code, message: expect.stringContaining(message), retryable: false } },
  });
});

test('a call that fails is settled with what it used', async () => {
  const failing = new FakeModel(async () => {
    throw new ModelError('provider_unavailable', 'overloaded', { usage });
  });
  const { finish } = await run(makeChatWorker(failing));
  expect(finish).toMatchObject({
    settle,
    outcome: { kind: 'failed', error: { code: 'provider_unavailable', retryable: true } },
  });
});

test('a call that fails before it used anything settles nothing', async () => {
  const failing = new FakeModel(async () => {
    throw new ModelError('provider_unavailable', 'overloaded');
  });
  const { finish } = await run(makeChatWorker(failing));
  expect(finish?.settle).toBeUndefined();
});

test('an offline answer says so in the result and in the outcome', async () => {
  const { finish, result } = await run(makeChatWorker(answers('Written beforehand.', { offline: true })));
  expect(result).toMatchObject({ offline: true });
  expect(finish?.outcome).toMatchObject({ kind: 'succeeded', offline: true });
});

test('events tell the start, the text, what broke off, and the end', async () => {
  const broken = new FakeModel(async ({ onText, onRestart }) => {
    onText?.('Bec');
    onRestart?.(new AppError('provider_unavailable', 'overloaded'));
    onText?.('Because.');
    return turnOf('Because.');
  });
  const worker = makeChatWorker(broken);
  await run(worker);
  const calls = worker.control.requests('events');
  const events = calls.flatMap((call) => call.events);
  expect(events.map(({ atMs, ...event }) => event)).toEqual([
    { type: 'started', message: 'Asking claude-sonnet-5-5' },
    { type: 'text', text: 'Bec' },
    { type: 'note', message: 'The answer broke off and begins again: overloaded' },
    { type: 'text', text: 'Because.' },
    { type: 'turn', turn: 1, stopReason: 'end_turn', costMicroUsd: 220 },
  ]);
  expect(calls[0]?.firstSeq).toBe(1);
});

test('events that cannot be delivered do not fail the job', async () => {
  const worker = makeChatWorker(answers('Because.'));
  worker.control.fail('events', new AppError('invalid_request', 'no such events'));
  const { finish } = await run(worker);
  expect(finish?.outcome.kind).toBe('succeeded');
});

test('events that are not answered are sent again with the same numbers', async () => {
  const worker = makeChatWorker(answers('Because.'));
  worker.control.fail('events', new AppError('unavailable', 'away'));
  await run(worker);
  const [first, second] = worker.control.requests('events');
  expect(second).toEqual(first);
});
