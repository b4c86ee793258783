import { expect, test } from '@jest/globals';
import { AppError, type ErrorCode } from '../../../lib/contracts/errors.ts';
import type { WorkerTime } from '../../../lib/core/ports/worker.ts';
import { exitCodeOf, runAttempt } from '../../../lib/core/work/run-attempt.ts';
import { WorkerStop, type WorkerStopCause } from '../../../lib/core/work/worker-stop.ts';
import {
  answers,
  type CallName,
  type FakeWorker,
  makeFakeWorker,
  session,
} from '../../fakes/worker-ports.ts';
import { FakeTime, HastyTime, settle } from '../../fakes/worker-time.ts';

const assignment = {
  jobId: 'job-1',
  attempt: 1,
  ticket: '7c'.repeat(32),
  instance: '1a'.repeat(32),
  processedBy: 'host/1a1a1a1a',
};
const echo = (delaySeconds = 0) => ({ type: 'echo', payload: { message: 'hello', delaySeconds } });
const chat = { type: 'chat', payload: { prompt: 'Why?', model: 'claude-sonnet-5-5', maxTokens: 100 } };
const provider = { name: 'anthropic' as const, apiKey: 'key' };

function begin(worker: FakeWorker) {
  const stop = new WorkerStop(worker.ports.time);
  const started: number[] = [];
  const ending = runAttempt(assignment, worker.ports, stop, (_, sentAtMs) => started.push(sentAtMs));
  return { stop, ending, started };
}

const echoWorker = (time: WorkerTime = new FakeTime(), delaySeconds = 0) =>
  makeFakeWorker({ input: echo(delaySeconds), time });

test('an echo answers with what it was told, by whom and when [A4]', async () => {
  const worker = echoWorker();
  const { ending, started } = begin(worker);
  expect(await ending).toEqual({ kind: 'reported', outcome: 'succeeded', status: 'SUCCEEDED' });
  expect(worker.control.names()).toEqual(['start', 'uploads', 'finish']);
  expect(JSON.parse(worker.stored.get('memory:result.json') ?? '')).toEqual({
    message: 'hello',
    processedBy: 'host/1a1a1a1a',
    processedAt: '2025-11-20T10:00:00.000Z',
  });
  expect(started).toEqual([1_763_632_800_000]);
});

test('the result is stored before the outcome is recorded, with its digest [A3]', async () => {
  const worker = echoWorker();
  await begin(worker).ending;
  const result = worker.stored.get('memory:result.json') ?? '';
  expect(worker.control.requests('finish')).toEqual([
    {
      jobId: 'job-1',
      attempt: 1,
      session,
      outcome: {
        kind: 'succeeded',
        result: {
          sha256: worker.ports.sha256Hex(new TextEncoder().encode(result)),
          bytes: 90,
        },
      },
    },
  ]);
});

test('an echo waits as long as it is asked to', async () => {
  const time = new FakeTime();
  const worker = echoWorker(time, 5);
  const { ending } = begin(worker);
  await time.pass(4_999);
  expect(worker.control.names()).toEqual(['start']);
  await time.pass(1);
  expect((await ending).kind).toBe('reported');
});

const fenceCodes: ErrorCode[] = ['stale_attempt', 'other_instance', 'job_stopping', 'forbidden'];
const fenceSteps: CallName[] = ['start', 'turn', 'uploads', 'finish'];

test.each(fenceSteps.flatMap((step) => fenceCodes.map((code) => [step, code] as const)))(
  'a worker that is fenced at %s (%s) ends quietly and says no more',
  async (step, code) => {
    const worker = makeFakeWorker({
      input: chat,
      time: new FakeTime(),
      started: { provider },
      model: answers('Because.'),
    });
    worker.control.fail(step, new AppError(code, 'not yours'));
    const ending = await begin(worker).ending;
    expect(ending).toEqual({ kind: 'stopped', cause: 'fenced' });
    expect(exitCodeOf(ending)).toBe(0);
    expect(worker.control.requests(step)).toHaveLength(1);
    expect(worker.control.names().includes('finish')).toBe(step === 'finish');
    if (step !== 'finish') expect(worker.stored.size).toBe(0);
  },
);

test('a worker that is fenced while it sends events abandons its work', async () => {
  const worker = makeFakeWorker({
    input: chat,
    time: new FakeTime(),
    started: { provider },
    model: answers('Because.'),
  });
  worker.control.fail('events', new AppError('stale_attempt', 'not yours'));
  expect(await begin(worker).ending).toEqual({ kind: 'stopped', cause: 'fenced' });
  expect(worker.control.names()).not.toContain('finish');
});

test('a worker that is interrupted gives its lease back', async () => {
  const time = new FakeTime();
  const worker = echoWorker(time, 600);
  const { ending, stop } = begin(worker);
  await time.pass(1_000);
  stop.request('interrupted');
  const outcome = await ending;
  expect(outcome).toMatchObject({ kind: 'reported', outcome: 'interrupted' });
  expect(exitCodeOf(outcome)).toBe(0);
  expect(worker.control.requests('finish')).toMatchObject([{ outcome: { kind: 'interrupted' } }]);
});

test('a worker that is interrupted while it stores its result still delivers it', async () => {
  const worker = echoWorker();
  const { ending, stop } = begin(worker);
  worker.control.during('uploads', () => stop.request('interrupted'));
  expect(await ending).toMatchObject({ kind: 'reported', outcome: 'succeeded' });
});

test('a worker that is interrupted tries for 90 seconds to say so', async () => {
  const time = new FakeTime();
  const worker = echoWorker(time, 600);
  worker.control.fail('finish', ...Array.from({ length: 100 }, () => new AppError('unavailable', 'away')));
  const { ending, stop } = begin(worker);
  await time.pass(1_000);
  stop.request('interrupted');
  await time.pass(89_999);
  const tries = worker.control.requests('finish').length;
  await time.pass(60_000);
  expect(await ending).toEqual({ kind: 'stopped', cause: 'interrupted' });
  expect(worker.control.requests('finish')).toHaveLength(tries);
});

test.each<[WorkerStopCause, 0 | 1]>([
  ['told', 0],
  ['fenced', 0],
  ['lease_ending', 1],
])('a worker that is stopped (%s) ends at once, without another word', async (cause, exitCode) => {
  const time = new FakeTime();
  const worker = echoWorker(time, 600);
  const { ending, stop } = begin(worker);
  await time.pass(1_000);
  stop.request(cause);
  const outcome = await ending;
  expect(outcome).toEqual({ kind: 'stopped', cause });
  expect(exitCodeOf(outcome)).toBe(exitCode);
  expect(worker.control.names()).toEqual(['start']);
});

test('an attempt ends when its time is used up, and the control plane decides what that means [A9]', async () => {
  const time = new FakeTime();
  const worker = makeFakeWorker({ input: echo(600), time, started: { remainingMs: 10_000 } });
  const { ending } = begin(worker);
  await time.pass(10_000);
  expect(await ending).toEqual({ kind: 'stopped', cause: 'time_up' });
  expect(worker.control.names()).toEqual(['start']);
});

test.each<CallName>(['start', 'uploads', 'finish'])('a %s that is not answered is repeated', async (name) => {
  const worker = echoWorker(new HastyTime());
  worker.control.fail(name, new AppError('unavailable', 'away'), new AppError('internal', 'oops'));
  expect(await begin(worker).ending).toMatchObject({ kind: 'reported', outcome: 'succeeded' });
  expect(worker.control.requests(name)).toHaveLength(3);
});

test('a start that nobody answers is given up after two minutes', async () => {
  const time = new FakeTime();
  const worker = echoWorker(time);
  worker.control.fail('start', ...Array.from({ length: 1_000 }, () => new AppError('unavailable', 'away')));
  const { ending } = begin(worker);
  await time.pass(120_000);
  const outcome = await ending;
  expect(outcome).toMatchObject({ kind: 'unreported', error: { code: 'unavailable' } });
  expect(exitCodeOf(outcome)).toBe(1);
});

test('an input with another digest is not worked on', async () => {
  const worker = makeFakeWorker({
    input: echo(),
    time: new FakeTime(),
    read: '{"type":"echo","payload":{"message":"x"}}',
  });
  expect(await begin(worker).ending).toMatchObject({ kind: 'reported', outcome: 'failed' });
  expect(worker.control.requests('finish')).toMatchObject([
    {
      outcome: {
        kind: 'failed',
        error: { code: 'worker_error', message: expect.stringContaining('SHA-256') },
      },
    },
  ]);
  expect(worker.stored.size).toBe(0);
});

test('an input of an unknown shape fails for good', async () => {
  const worker = makeFakeWorker({ input: { type: 'dance', payload: {} }, time: new FakeTime() });
  await begin(worker).ending;
  expect(worker.control.requests('finish')).toMatchObject([
    { outcome: { kind: 'failed', error: { code: 'invalid_request', retryable: false } } },
  ]);
});

test('a result that does not match is stored anew', async () => {
  const worker = echoWorker();
  worker.control.fail('finish', new AppError('result_mismatch', 'other bytes'));
  expect(await begin(worker).ending).toMatchObject({ kind: 'reported', outcome: 'succeeded' });
  expect(worker.control.names()).toEqual(['start', 'uploads', 'finish', 'uploads', 'finish']);
});

test('a result that never matches fails the attempt', async () => {
  const worker = echoWorker();
  const mismatch = () => new AppError('result_mismatch', 'other bytes');
  worker.control.fail('finish', mismatch(), mismatch(), mismatch());
  expect(await begin(worker).ending).toMatchObject({ kind: 'reported', outcome: 'failed' });
  expect(worker.control.requests('finish').at(-1)).toMatchObject({
    outcome: { kind: 'failed', error: { code: 'result_mismatch', retryable: true } },
  });
});

test('a PUT that fails gets a new address', async () => {
  const worker = echoWorker(new HastyTime());
  worker.putFailures.push(new AppError('unavailable', 'expired'));
  expect(await begin(worker).ending).toMatchObject({ kind: 'reported', outcome: 'succeeded' });
  expect(worker.control.names()).toEqual(['start', 'uploads', 'uploads', 'finish']);
});

test('an error that nobody foresaw fails the attempt, which may be tried again', async () => {
  const worker = echoWorker();
  worker.ports.objects.get = async () => {
    throw new TypeError('undefined is not a function');
  };
  await begin(worker).ending;
  await settle();
  expect(worker.control.requests('finish')).toMatchObject([
    {
      outcome: {
        kind: 'failed',
        error: { code: 'worker_error', message: 'undefined is not a function', retryable: true },
      },
    },
  ]);
});
