import { describe, expect, it } from '@jest/globals';
import { defaultTimings } from '#contracts/limits.ts';
import type { AuditSnapshot } from '#core/audit/audit-snapshot.ts';
import { checkInvariants } from '#core/audit/check-invariants.ts';
import { makeRow, makeRunning, startMs } from '../../fakes/job-rows.ts';

const resultKey = 'projects/default/jobs/job-1/attempts/1/result.json';
const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
const entry = {
  jobId: 'job-1',
  project: 'default',
  key: '1/main/1',
  model: 'm',
  usage,
  microUsd: 700,
  atMs: startMs,
};

/** A chat that went well: everything about it agrees. */
const succeeded = makeRow({
  status: 'SUCCEEDED',
  attempt: 1,
  endedAtMs: startMs,
  result: { key: resultKey, sha256: 'aa', bytes: 2 },
  spentMicroUsd: 700,
  grantedMicroUsd: 50_000,
  grants: 1,
  grantMonth: '2026-11',
});

function snapshotWith(changes: Partial<AuditSnapshot> = {}): AuditSnapshot {
  return {
    nowMs: startMs + 60_000,
    rows: [succeeded],
    slots: slotsWith(),
    ledger: [entry],
    months: [{ project: 'default', month: '2026-11', committedMicroUsd: 700, open: new Map() }],
    results: new Map([[resultKey, { bytes: 2, sha256: 'aa' }]]),
    timings: defaultTimings,
    maxConcurrentWorkers: 2,
    maxConcurrentFunctions: 1,
    projectMonthMicroUsd: 100_000_000,
    ...changes,
  };
}

function found(changes: Partial<AuditSnapshot>, isSettled = true): string[] {
  return checkInvariants(snapshotWith(changes), { isSettled }).map(
    ({ invariant, subject, message }) => `${invariant}: ${subject} ${message}`,
  );
}

const slot = (key: string, sinceMs = startMs) => ({ key, by: 'd', sinceMs });

function slotsWith(...fargate: string[]): AuditSnapshot['slots'] {
  return {
    fargate: { held: fargate.map((key) => slot(key)), stopped: undefined },
    function: { held: [], stopped: undefined },
  };
}

describe('the invariant checker', () => {
  it('finds nothing where everything agrees', () => {
    expect(found({})).toEqual([]);
  });

  it('lets a failure have a result: what there was when a cap ended it', () => {
    const capped = {
      ...succeeded,
      status: 'FAILED' as const,
      error: { code: 'capped' as const, message: 'c' },
    };
    expect(found({ rows: [capped] })).toEqual([]);
  });

  it.each<[string, Partial<AuditSnapshot>, string]>([
    [
      'an end without a time',
      { rows: [{ ...succeeded, endedAtMs: undefined }] },
      'terminal: job-1 ended SUCCEEDED without a time',
    ],
    [
      'an end with a lease',
      { rows: [{ ...succeeded, leaseUntilMs: 1 }] },
      'terminal: job-1 has ended and has a lease or a stop',
    ],
    [
      'an end that does not say why',
      { rows: [{ ...succeeded, status: 'CANCELLED', result: undefined }] },
      'terminal: job-1 ended CANCELLED without saying why',
    ],
    [
      'a count too many',
      { rows: [{ ...succeeded, failures: 2 }] },
      'terminal: job-1 counts 2 failures and 0 interruptions of 1 attempts',
    ],
    ['a missing result', { results: new Map() }, `result: job-1 succeeded, and ${resultKey} does not exist`],
    [
      'another result',
      { results: new Map([[resultKey, { bytes: 2, sha256: 'bb' }]]) },
      'result: job-1 succeeded with another result than the one that is stored',
    ],
    [
      'a result of what was cancelled',
      { rows: [{ ...succeeded, status: 'CANCELLED', error: { code: 'cancelled', message: 'c' } }] },
      'result: job-1 is CANCELLED and has a result',
    ],
    [
      'a missing result of what has failed',
      {
        rows: [{ ...succeeded, status: 'FAILED', error: { code: 'capped', message: 'c' } }],
        results: new Map(),
      },
      `result: job-1 failed, and ${resultKey} does not exist`,
    ],
    [
      'the result of another attempt',
      { rows: [{ ...succeeded, attempt: 2 }] },
      `result: job-1 succeeded in attempt 2 with ${resultKey}`,
    ],
    [
      'a slot that nobody uses',
      { slots: slotsWith('job-1#1') },
      'single owner: job-1#1 is held by nobody who works',
    ],
    [
      'an undelivered entry',
      { rows: [{ ...succeeded, outbox: { settle: { kind: 'settle' } } }] },
      'outbox: job-1 has not delivered settle',
    ],
    ['an unfinished job', { rows: [succeeded, makeRow({ id: 'job-2' })] }, 'liveness: job-2 is still QUEUED'],
    [
      'a child before its parent',
      {
        rows: [
          succeeded,
          makeRow({
            id: 'job-0',
            status: 'CANCELLED',
            endedAtMs: 1,
            error: { code: 'cancelled', message: 'c' },
          }),
          { ...succeeded, id: 'job-1', dependsOn: ['job-0'] },
        ].slice(1),
      },
      'dependents: job-1 was started; job-0 is CANCELLED',
    ],
    [
      'a charge that the row does not know',
      { ledger: [entry, { ...entry, key: '1/main/2' }] },
      'money: job-1 spent 700, and its ledger says 1400',
    ],
    ['a lost ledger entry', { ledger: [] }, 'money: job-1 spent 700, and its ledger says 0'],
    [
      'a job over its budget',
      { rows: [{ ...succeeded, budgetMicroUsd: 600 }] },
      'money: job-1 has committed 700 of 600',
    ],
    [
      'a month over its cap',
      { projectMonthMicroUsd: 600 },
      'money: default 2026-11 has committed 700, more than its cap',
    ],
    [
      'a month that lost money',
      { months: [{ project: 'default', month: '2026-11', committedMicroUsd: 699, open: new Map() }] },
      'money: default 2026-11 has committed 699; its jobs account for 700 to 50000',
    ],
    [
      'grants of an ended job',
      {
        months: [
          {
            project: 'default',
            month: '2026-11',
            committedMicroUsd: 50_000,
            open: new Map([['job-1', 50_000]]),
          },
        ],
      },
      'money: default 2026-11 still has grants of ended jobs: job-1',
    ],
  ])('finds %s', (_what, changes, finding) => {
    expect(found(changes)).toEqual([finding]);
  });

  it('takes a reservation that is still open for what it is', () => {
    const reservations = [{ key: '1/main/1', attempt: 1, sessionSha256: 's', model: 'm', microUsd: 15_000 }];
    expect(
      found({
        rows: [{ ...succeeded, spentMicroUsd: 0, reservations }],
        months: [{ project: 'default', month: '2026-11', committedMicroUsd: 15_000, open: new Map() }],
      }),
    ).toEqual([]);
  });
});

describe('the invariant checker over a system that runs', () => {
  const running = makeRunning({ id: 'job-2', version: 1 });
  const held = slotsWith('job-2#1');

  it('finds nothing in a job that is on its way', () => {
    expect(found({ rows: [succeeded, running], slots: held }, false)).toEqual([]);
  });

  it.each<[string, Partial<AuditSnapshot>, string]>([
    ['a worker without a slot', { slots: slotsWith() }, 'single owner: job-2 is RUNNING without a slot'],
    [
      'more slots than there are',
      { slots: slotsWith('job-2#1', 'a#1', 'b#1') },
      'single owner: slots of fargate 3 are held',
    ],
    [
      'a worker whose slot is in the other lane',
      { rows: [{ ...running, lane: 'function' }] },
      'single owner: job-2 is RUNNING without a slot',
    ],
    [
      'a row that nobody looks at',
      { nowMs: startMs + 1_200_000 },
      'liveness: job-2 is RUNNING and has been due for too long',
    ],
    [
      'a deadline that nobody minds',
      { rows: [{ ...running, deadlineAtMs: startMs, leaseUntilMs: undefined }], nowMs: startMs + 1_200_000 },
      'liveness: job-2 is RUNNING although its deadline is long over',
    ],
  ])('finds %s', (_what, changes, finding) => {
    const rows = [running];
    expect(found({ rows, slots: held, ledger: [], months: [], ...changes }, false)).toEqual([finding]);
  });

  it('lets a fresh slot without a job pass: its dispatcher may be about to claim', () => {
    expect(found({ slots: slotsWith('job-9#1') }, false)).toEqual([]);
  });
});
