import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isTransition, terminalStatuses } from '#contracts/job-states.ts';
import { defaultTimings } from '#contracts/limits.ts';
import {
  begin,
  cancel,
  claim,
  concludeStop,
  delayStart,
  end,
  enqueue,
  failAttempt,
  interruptAttempt,
  stop,
} from '#core/jobs/transitions.ts';
import { makeRow, makeRunning, startMs } from '../../fakes/job-rows.ts';

const moment = { nowMs: startMs + 10_000, fraction: 0.5, timings: defaultTimings };
const error = { code: 'worker_error', message: 'broken' } as const;
const _starting = makeRunning({ status: 'STARTING', sessionSha256: undefined });
const stopping = (stopCause: NonNullable<ReturnType<typeof makeRow>['stopCause']>) =>
  makeRunning({ status: 'STOPPING', stopCause });

describe('a stop that is verified', () => {
  it.each([
    ['cancel', 'CANCELLED', 'cancelled'],
    ['deadline', 'TIMED_OUT', 'deadline_passed'],
  ] as const)('by %s ends %s', (cause, status, code) => {
    expect(concludeStop(stopping(cause), moment)).toMatchObject({ status, error: { code } });
  });

  it.each([
    ['timeout', { failures: 1, interruptions: 0 }],
    ['lost', { failures: 1, interruptions: 0 }],
    ['stranded', { failures: 0, interruptions: 1 }],
    ['halt', { failures: 0, interruptions: 0 }],
  ] as const)('by %s goes back to the queue', (cause, counts) => {
    expect(concludeStop(stopping(cause), moment)).toMatchObject({ status: 'QUEUED', ...counts });
  });

  it.each([
    ['timeout', 'TIMED_OUT', 'timed_out'],
    ['lost', 'FAILED', 'worker_lost'],
  ] as const)('by %s ends %s when the failures are used up', (cause, status, code) => {
    expect(concludeStop({ ...stopping(cause), maxAttempts: 1 }, moment)).toMatchObject({
      status,
      error: { code },
    });
  });
});

describe('a cancel', () => {
  it.each(['BLOCKED', 'QUEUED'] as const)('ends a job that is %s at once', (status) => {
    expect(cancel(makeRow({ status }), moment)).toMatchObject({ status: 'CANCELLED', outbox: {} });
  });

  it.each(['STARTING', 'RUNNING'] as const)('of a job that is %s waits for the proof', (status) => {
    const row = cancel(makeRunning({ status }), moment);
    expect(row).toMatchObject({
      status: 'STOPPING',
      stopCause: 'cancel',
      leaseUntilMs: undefined,
      retryAtMs: startMs + 40_000,
      outbox: { 'stop-1': { kind: 'stop', attempt: 1 } },
    });
  });

  it('takes over a stop for another reason', () => {
    expect(cancel(stopping('lost'), moment)).toMatchObject({ status: 'STOPPING', stopCause: 'cancel' });
  });

  it.each(terminalStatuses)('of a job that is %s is a fault of the caller', (status) => {
    expect(() => cancel(makeRow({ status }), moment)).toThrow('an ended job is not cancelled');
  });
});

describe('an end', () => {
  it('frees the slot, wakes whoever waits, gives back the money and forgets the rest', () => {
    const row = makeRunning({
      grantMonth: '2026-11',
      waiters: ['job-2', 'job-3'],
      outbox: { wake: { kind: 'wake' }, 'stop-1': { kind: 'stop', attempt: 1 } },
    });
    expect(end(row, 'SUCCEEDED', moment)).toMatchObject({
      leaseUntilMs: undefined,
      timeoutAtMs: undefined,
      outbox: {
        'release-1': { kind: 'release', attempt: 1 },
        settle: { kind: 'settle' },
        'unblock-job-2': { kind: 'unblock', jobId: 'job-2' },
        'unblock-job-3': { kind: 'unblock', jobId: 'job-3' },
      },
    });
    expect(Object.keys(end(row, 'SUCCEEDED', moment).outbox)).toHaveLength(4);
  });

  it('keeps what an earlier attempt has not delivered', () => {
    const row = makeRunning({ attempt: 2, outbox: { 'release-1': { kind: 'release', attempt: 1 } } });
    expect(Object.keys(end(row, 'SUCCEEDED', moment).outbox).sort()).toEqual(['release-1', 'release-2']);
  });
});

describe('any walk through the steps', () => {
  type Row = ReturnType<typeof makeRow>;
  const active = ['STARTING', 'RUNNING', 'STOPPING'];
  /** Each step with the states that its callers take it from. */
  const walks: [readonly string[], (row: Row) => Row][] = [
    [['QUEUED'], (row) => claim(row, { by: 'by', ticketSha256: 'ticket', spot: true }, moment)],
    [['STARTING'], (row) => begin(row, 'session', moment)],
    [['BLOCKED'], (row) => enqueue(row, moment)],
    [['RUNNING', 'STOPPING'], (row) => failAttempt(row, error, moment)],
    [active, (row) => interruptAttempt(row, 'Spot', moment)],
    [['STARTING'], (row) => delayStart(row, 'capacity', 'full', moment)],
    [['STARTING', 'RUNNING'], (row) => stop(row, 'lost', 'gone', moment)],
    [['STOPPING'], (row) => concludeStop(row, moment)],
    [['BLOCKED', 'QUEUED', ...active], (row) => cancel(row, moment)],
    [['RUNNING'], (row) => end(row, 'SUCCEEDED', moment)],
  ];

  it('keeps to the table, never counts an attempt twice, and stays where it ended', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(walks.length - 1), { maxLength: 80 }), (choices) => {
        let row = makeRow({ status: 'BLOCKED' });
        for (const choice of choices) {
          const [from, step] = walks[choice] ?? [[], (same: Row) => same];
          if (!from.includes(row.status)) continue;
          const before = row;
          row = step(row);
          const isStill = row.status === before.status;
          expect(isStill || isTransition(before.status, row.status)).toBe(true);
          expect(row.attempt - before.attempt).toBe(row.status === 'STARTING' && !isStill ? 1 : 0);
          expect(row.failures + row.interruptions).toBeLessThanOrEqual(row.attempt);
          expect(row.failures).toBeLessThanOrEqual(row.maxAttempts);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
