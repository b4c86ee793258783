import { describe, expect, it } from '@jest/globals';
import { jobStatuses, jobTransitions, terminalStatuses } from '#contracts/job-states.ts';
import { defaultTimings } from '#contracts/limits.ts';
import {
  begin,
  claim,
  delayStart,
  end,
  enqueue,
  fail,
  failAttempt,
  interruptAttempt,
  launched,
  requeue,
  stop,
} from '#core/jobs/transitions.ts';
import { makeRow, makeRunning, startMs } from '../../fakes/job-rows.ts';

const moment = { nowMs: startMs + 10_000, fraction: 0.5, timings: defaultTimings };
const error = { code: 'worker_error', message: 'broken' } as const;
const starting = makeRunning({ status: 'STARTING', sessionSha256: undefined });
const _stopping = (stopCause: NonNullable<ReturnType<typeof makeRow>['stopCause']>) =>
  makeRunning({ status: 'STOPPING', stopCause });

describe('the table of transitions', () => {
  it('leads nowhere from a terminal state', () => {
    for (const status of terminalStatuses) expect(jobTransitions[status]).toEqual([]);
  });

  it('leads everywhere from the states that a job is accepted in', () => {
    const reached = new Set<string>(['BLOCKED', 'QUEUED']);
    for (let round = 0; round < jobStatuses.length; round++)
      for (const from of jobStatuses)
        if (reached.has(from)) for (const to of jobTransitions[from]) reached.add(to);
    expect([...reached].sort()).toEqual([...jobStatuses].sort());
  });
});

const terms = { by: 'by', ticketSha256: 'ticket', spot: true };

/** Each step by the states that it may be taken from. */
const steps = {
  claim: { of: (row) => claim(row, terms, moment), from: ['QUEUED'] },
  begin: { of: (row) => begin(row, 'session', moment), from: ['STARTING'] },
  enqueue: {
    of: (row) => enqueue(row, moment),
    from: ['BLOCKED', 'STARTING', 'RUNNING', 'STOPPING'],
  },
  requeue: {
    of: (row) => requeue(row, 0, 'again', moment),
    from: ['BLOCKED', 'STARTING', 'RUNNING', 'STOPPING'],
  },
  stop: { of: (row) => stop(row, 'lost', 'gone', moment), from: ['STARTING', 'RUNNING'] },
  succeed: { of: (row) => end(row, 'SUCCEEDED', moment), from: ['RUNNING'] },
  fail: { of: (row) => fail(row, error, moment), from: ['BLOCKED', 'STARTING', 'RUNNING', 'STOPPING'] },
  timeOut: { of: (row) => end(row, 'TIMED_OUT', moment), from: ['BLOCKED', 'QUEUED', 'STOPPING'] },
} satisfies Record<string, { of(row: ReturnType<typeof makeRow>): unknown; from: string[] }>;

describe('a step', () => {
  const cases = Object.entries(steps).flatMap(([name, { of, from }]) =>
    jobStatuses.map((status) => ({ name, status, of, isAllowed: (from as string[]).includes(status) })),
  );

  it.each(cases.filter(({ isAllowed }) => !isAllowed))('$name is refused from $status', ({ of, status }) => {
    expect(() => of(makeRunning({ status }))).toThrow(`${status} → `);
  });

  it.each(cases.filter(({ isAllowed }) => isAllowed))('$name is taken from $status', ({ of, status }) => {
    expect(() => of(makeRunning({ status }))).not.toThrow();
  });

  it('never changes the row that it is taken on', () => {
    const row = Object.freeze(makeRunning({ outbox: Object.freeze({}) as Record<string, never> }));
    expect(() => failAttempt(row, error, moment)).not.toThrow();
  });
});

describe('a claim', () => {
  it('counts the attempt up, takes the wake-up out and leaves the dispatcher a while to start the task', () => {
    const row = makeRow({ attempt: 2, notBeforeMs: startMs, outbox: { wake: { kind: 'wake' } } });
    expect(claim(row, terms, moment)).toMatchObject({
      status: 'STARTING',
      attempt: 3,
      claimedBy: 'by',
      ticketSha256: 'ticket',
      leaseUntilMs: startMs + 100_000,
      notBeforeMs: undefined,
      outbox: {},
    });
  });

  it('forgets the session, the task and the turns of the attempt before', () => {
    const row = { ...makeRunning({ turns: { main: 4 } }), status: 'QUEUED' as const };
    expect(claim(row, terms, moment)).toMatchObject({
      sessionSha256: undefined,
      taskArn: undefined,
      turns: undefined,
    });
  });

  it('gives the container time to come up once its task exists', () => {
    expect(launched(starting, 'task/1', moment)).toMatchObject({
      taskArn: 'task/1',
      leaseUntilMs: startMs + 310_000,
    });
    const running = makeRunning();
    expect(launched(running, 'task/1', moment).leaseUntilMs).toBe(running.leaseUntilMs);
  });

  it('binds a session, starts its time and fixes the month of its money', () => {
    const begun = begin({ ...starting, model: 'm', timeoutSeconds: 60, delays: 3 }, 'session', moment);
    expect(begun).toMatchObject({
      status: 'RUNNING',
      sessionSha256: 'session',
      timeoutAtMs: startMs + 70_000,
      leaseUntilMs: startMs + 190_000,
      delays: 0,
      grantMonth: '2026-11',
    });
    expect(begin({ ...starting, model: 'm', grantMonth: '2026-10' }, 's', moment).grantMonth).toBe('2026-10');
    expect(begin(starting, 's', moment).grantMonth).toBeUndefined();
  });
});

describe('an attempt that fails [A9]', () => {
  it('goes back to the queue and waits, longer with every failure', () => {
    const first = failAttempt(makeRunning(), error, moment);
    expect(first).toMatchObject({
      status: 'QUEUED',
      failures: 1,
      attempt: 1,
      notBeforeMs: startMs + 12_500,
      sessionSha256: undefined,
      outbox: {
        'release-1': { kind: 'release', attempt: 1 },
        wake: { kind: 'wake', jobId: 'job-1', notBeforeMs: startMs + 12_500 },
      },
    });
    const second = failAttempt(makeRunning({ failures: 1 }), error, moment);
    expect(second.notBeforeMs).toBe(startMs + 15_000);
  });

  it('ends the job when the failures are used up', () => {
    expect(failAttempt(makeRunning({ failures: 2 }), error, moment)).toMatchObject({
      status: 'FAILED',
      failures: 3,
      error,
      endedAtMs: startMs + 10_000,
    });
  });

  it('does not wait longer than the cap', () => {
    const row = makeRunning({ failures: 40, maxAttempts: 100 });
    expect(failAttempt(row, error, { ...moment, fraction: 0.999 }).notBeforeMs).toBe(
      startMs + 10_000 + 899_100,
    );
  });
});

describe('an attempt that is interrupted', () => {
  it('costs no failure and goes back at once', () => {
    expect(interruptAttempt(makeRunning(), 'Spot', moment)).toMatchObject({
      status: 'QUEUED',
      failures: 0,
      interruptions: 1,
      notBeforeMs: undefined,
      statusReason: 'attempt 1 was interrupted: Spot',
    });
  });

  it('ends the job when it happens for the 21st time', () => {
    expect(interruptAttempt(makeRunning({ interruptions: 20 }), 'Spot', moment)).toMatchObject({
      status: 'FAILED',
      error: { code: 'interrupted', message: 'interrupted 21 times, last: Spot' },
    });
  });

  it('costs neither where there was no capacity', () => {
    expect(delayStart(starting, 'capacity', 'full', moment)).toMatchObject({
      status: 'QUEUED',
      failures: 0,
      interruptions: 0,
      delays: 1,
      notBeforeMs: startMs + 12_500,
    });
  });
});
