import { expect, test } from '@jest/globals';
import { AppError } from '../../../lib/contracts/errors.ts';
import { keepLease } from '../../../lib/core/work/keep-lease.ts';
import { FakeControlPlane, session, startReply } from '../../fakes/worker-ports.ts';
import { FakeTime } from '../../fakes/worker-time.ts';

function begin(setUp: (control: FakeControlPlane) => void = () => undefined) {
  const time = new FakeTime();
  const control = new FakeControlPlane(startReply(''));
  setUp(control);
  const terms = {
    session: { jobId: 'job-1', attempt: 1, session },
    heartbeatSeconds: 30,
    leaseSeconds: 180,
    answeredAtMs: time.nowMs(),
  };
  const stop = new AbortController();
  let loss: string | undefined;
  const kept = keepLease(terms, { control, time, log: () => undefined }, stop.signal).then((value) => {
    loss = value;
  });
  return { time, control, stop, kept, loss: () => loss, beats: () => control.requests('heartbeat').length };
}

const away = (count: number) => Array.from({ length: count }, () => new AppError('unavailable', 'away'));

test('a beat is sent every heartbeatSeconds', async () => {
  const { time, beats, loss } = begin();
  await time.pass(29_999);
  expect(beats()).toBe(0);
  await time.pass(60_001);
  expect(beats()).toBe(3);
  expect(loss()).toBeUndefined();
});

test.each([
  ['stale_attempt', 'fenced'],
  ['other_instance', 'fenced'],
  ['job_stopping', 'fenced'],
  ['forbidden', 'fenced'],
] as const)('%s means that the attempt is lost', async (code, expected) => {
  const { time, loss } = begin((control) => control.fail('heartbeat', new AppError(code, 'not yours')));
  await time.pass(30_000);
  expect(loss()).toBe(expected);
});

test('an unanswered beat is repeated soon, and an answer sets all right', async () => {
  const { time, beats, loss } = begin((control) => control.fail('heartbeat', ...away(2)));
  await time.pass(32_000);
  expect(beats()).toBe(3);
  await time.pass(600_000);
  expect(loss()).toBeUndefined();
});

test('a lease that cannot be renewed is given up 15 s before its end', async () => {
  const { time, loss } = begin((control) => control.fail('heartbeat', ...away(10_000)));
  await time.pass(164_999);
  expect(loss()).toBeUndefined();
  await time.pass(1);
  expect(loss()).toBe('lease_ending');
});

test('the lease counts from the last beat that was answered', async () => {
  const { time, control, loss } = begin();
  await time.pass(60_000);
  control.fail('heartbeat', ...away(10_000));
  await time.pass(164_999);
  expect(loss()).toBeUndefined();
  await time.pass(1);
  expect(loss()).toBe('lease_ending');
});

test('a worker that slept through its lease gives it up without asking', async () => {
  const { time, beats, loss } = begin();
  // As after a machine was suspended: the clock has moved on, and only then does the thread wake.
  time.jump(600_000);
  await time.pass(0);
  expect(loss()).toBe('lease_ending');
  expect(beats()).toBe(0);
});
