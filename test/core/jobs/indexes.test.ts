import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { defaultTimings } from '#contracts/limits.ts';
import { priorities } from '#contracts/priorities.ts';
import { dueAtMs, indexesOf, isClaimable, queuedKey } from '#core/jobs/indexes.ts';
import { makeRow, makeRunning, startMs } from '../../fakes/job-rows.ts';

const due = (row: ReturnType<typeof makeRow>) => dueAtMs(row, defaultTimings);
const deadlineAtMs = startMs + 86_400_000;

describe('the queue’s order', () => {
  it('is by priority, then by age, then by id', () => {
    expect(queuedKey(makeRow({ priority: 'high', queuedAtMs: 5 }))).toBe('0#00000000000005#job-1');
    expect(queuedKey(makeRow({ priority: 'low', queuedAtMs: undefined, createdAtMs: 7 }))).toBe(
      '2#00000000000007#job-1',
    );
  });

  it('is the order of the numbers, for any two jobs', () => {
    const job = fc.record({
      priority: fc.constantFrom(...priorities),
      queuedAtMs: fc.nat({ max: 2_000_000_000_000 }),
    });
    fc.assert(
      fc.property(job, job, (a, b) => {
        const rank = ({ priority }: typeof a) => ['high', 'medium', 'low'].indexOf(priority);
        const isFirst = rank(a) < rank(b) || (rank(a) === rank(b) && a.queuedAtMs < b.queuedAtMs);
        const keys = [queuedKey(makeRow({ ...a, id: 'a' })), queuedKey(makeRow({ ...b, id: 'a' }))];
        expect((keys[0] ?? '') < (keys[1] ?? '')).toBe(isFirst);
      }),
    );
  });

  it('holds only what may be claimed by now', () => {
    expect(indexesOf(makeRow(), defaultTimings)).toMatchObject({ queuedShard: 'fargate' });
    for (const row of [makeRow({ notBeforeMs: startMs }), makeRunning(), makeRow({ status: 'BLOCKED' })])
      expect(indexesOf(row, defaultTimings).queuedShard).toBeUndefined();
  });
});

describe('a job that is claimable', () => {
  it.each([
    ['queued', makeRow(), true],
    ['waiting for a second more', makeRow({ notBeforeMs: startMs + 1 }), false],
    ['done with waiting', makeRow({ notBeforeMs: startMs }), true],
    ['past its deadline', makeRow({ deadlineAtMs: startMs }), false],
    ['running', makeRunning(), false],
  ])('is one that is %s: or is not', (_what, row, expected) => {
    expect(isClaimable(row, startMs)).toBe(expected);
  });
});

describe('the time at which somebody has to look', () => {
  it.each([
    ['a queued job: its deadline', makeRow(), deadlineAtMs],
    ['a waiting job: the end of its wait', makeRow({ notBeforeMs: startMs + 7 }), startMs + 7],
    [
      'a blocked job: its next look at its parents',
      makeRow({ status: 'BLOCKED', checkAtMs: startMs + 9 }),
      startMs + 9,
    ],
    ['a running job: its lease', makeRunning(), startMs + 180_000],
    ['a running job: its time', makeRunning({ timeoutAtMs: startMs + 5 }), startMs + 5],
    [
      'a stopping job: the next try',
      makeRunning({ status: 'STOPPING', retryAtMs: startMs + 4 }),
      startMs + 4,
    ],
    [
      'an undelivered entry: half a minute later',
      makeRunning({ outbox: { settle: { kind: 'settle' } } }),
      startMs + 30_000,
    ],
    [
      'an ended job with an entry left',
      makeRow({ status: 'FAILED', outbox: { settle: { kind: 'settle' } } }),
      startMs + 30_000,
    ],
    ['an ended job: never', makeRow({ status: 'FAILED' }), undefined],
  ])('is, for %s', (_what, row, expected) => {
    expect(due(row)).toBe(expected);
  });

  it('is spread over four shards', () => {
    const shards = Array.from(
      { length: 200 },
      (_, n) => indexesOf(makeRow({ id: `job-${n}` }), defaultTimings).dueShard,
    );
    expect([...new Set(shards)].sort()).toEqual(['due-0', 'due-1', 'due-2', 'due-3']);
  });

  it('ends with the row itself, 90 days after the job', () => {
    const row = makeRow({ status: 'FAILED', endedAtMs: startMs });
    expect(indexesOf(row, defaultTimings).expiresAt).toBe(Math.floor(startMs / 1000) + 7_776_000);
  });
});
