import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CycleRow } from '#contracts/cycle-row.ts';
import type { RunRow } from '#contracts/run-row.ts';
import { type ActionStatus, type CycleEnd, cycleEnds } from '#contracts/run-states.ts';
import { adaptSeconds, intervalAfter, type Workload } from '#core/runs/adapt-interval.ts';

const workload = fc.constantFrom<Workload>('undone', 'idle', 'usual');
const cadence = fc
  .tuple(fc.integer({ min: 60, max: 90_000 }), fc.nat(90_000), fc.nat(90_000))
  .map(([fromSeconds, more, most]) => ({
    everySeconds: fromSeconds + more,
    adapt: { fromSeconds, toSeconds: fromSeconds + more + most },
  }));
const between = (least: number, most: number) => fc.integer({ min: least, max: most });

describe('the interval between cycles [B7]', () => {
  it('is always within its bounds, whatever cycles were like', () => {
    const runs = fc.tuple(cadence, fc.array(workload, { maxLength: 40 }));
    fc.assert(
      fc.property(runs, ([given, workloads]) => {
        let seconds = given.everySeconds;
        for (const each of workloads) {
          seconds = adaptSeconds(given, seconds, each);
          expect(seconds).toBeGreaterThanOrEqual(given.adapt.fromSeconds);
          expect(seconds).toBeLessThanOrEqual(given.adapt.toSeconds);
        }
      }),
    );
  });

  it('never grows where work is left undone, and never shrinks where there is none', () => {
    const placed = cadence.chain((given) =>
      fc.tuple(
        fc.constant(given),
        between(given.adapt.fromSeconds, given.adapt.toSeconds),
        between(given.adapt.fromSeconds, given.adapt.toSeconds),
      ),
    );
    fc.assert(
      fc.property(placed, ([given, one, other]) => {
        const { everySeconds } = given;
        expect(adaptSeconds(given, one, 'undone')).toBeLessThanOrEqual(Math.min(one, everySeconds));
        expect(adaptSeconds(given, one, 'idle')).toBeGreaterThanOrEqual(Math.max(one, everySeconds));
        const [short, long] = [Math.min(one, other), Math.max(one, other)];
        for (const each of ['undone', 'idle', 'usual'] as const)
          expect(adaptSeconds(given, short, each)).toBeLessThanOrEqual(adaptSeconds(given, long, each));
      }),
    );
  });

  it('reaches its bound when nothing changes, and is back as it was after one usual cycle', () => {
    fc.assert(
      fc.property(cadence, fc.constantFrom('undone', 'idle'), (given, each) => {
        const bound = each === 'idle' ? given.adapt.toSeconds : given.adapt.fromSeconds;
        let seconds = given.everySeconds;
        // From a month to a minute it takes sixteen halves.
        for (let cycle = 0; cycle < 20; cycle++) seconds = adaptSeconds(given, seconds, each);
        expect(seconds).toBe(bound);
        expect(adaptSeconds(given, seconds, 'usual')).toBe(given.everySeconds);
      }),
    );
  });
});

const rhythm = { everySeconds: 1_800, adapt: { fromSeconds: 600, toSeconds: 7_200 } };

function after(end: CycleEnd, statuses: readonly ActionStatus[], beforeSeconds?: number) {
  const run = { cadence: rhythm, ...(beforeSeconds && { interval: { seconds: beforeSeconds, reason: '' } }) };
  const cycle = { end, actions: statuses.map((status) => ({ status })) };
  return intervalAfter(run as RunRow, cycle as CycleRow);
}

describe('why it is as long as it is [B7]', () => {
  it.each([
    [
      'ActionsFailed',
      ['DONE', 'FAILED', 'CARRIED', 'FAILED', 'UNPROVEN'],
      undefined,
      900,
      'A cycle every 15 min 00 s instead of 30 min 00 s: of 5 actions, 2 failed, 1 unproven, 1 carried over.',
    ],
    [
      'Done',
      ['DONE', 'CARRIED'],
      900,
      600,
      'A cycle every 10 min 00 s instead of 15 min 00 s, the shortest allowed: of 2 actions, 1 carried over.',
    ],
    [
      'TimedOut',
      ['STOPPED'],
      600,
      600,
      'A cycle every 10 min 00 s as before, the shortest allowed: of 1 action, 1 broken off.',
    ],
    [
      'NoGo',
      [],
      600,
      3_600,
      'A cycle every 1 h 00 min instead of 10 min 00 s: The team decided not to go ahead; nothing was carried out.',
    ],
    [
      'Done',
      [],
      3_600,
      7_200,
      'A cycle every 2 h 00 min instead of 1 h 00 min, the longest allowed: the meeting found nothing to do.',
    ],
    [
      'Done',
      ['DONE', 'DONE'],
      7_200,
      1_800,
      'A cycle every 30 min 00 s instead of 2 h 00 min: Every action was carried out and its criteria were met.',
    ],
    [
      'MeetingDeadlocked',
      [],
      undefined,
      1_800,
      'A cycle every 30 min 00 s as before: The meeting could not agree; its summary says what would resolve it.',
    ],
    [
      'NotRecovered',
      ['DONE'],
      undefined,
      900,
      `A cycle every 15 min 00 s instead of 30 min 00 s: ${cycleEnds.NotRecovered.says}`,
    ],
    [
      'RejectedByPerson',
      ['SKIPPED'],
      undefined,
      1_800,
      'A cycle every 30 min 00 s as before: A person said no; nothing further was carried out.',
    ],
  ] as const)('%s with %o after %p s', (end, statuses, beforeSeconds, seconds, reason) => {
    expect(after(end, statuses, beforeSeconds)).toEqual({ seconds, reason });
  });

  it('says nothing where the cadence does not adapt', () => {
    const run = { cadence: { everySeconds: 1_800 } } as RunRow;
    expect(intervalAfter(run, { end: 'Done', actions: [] } as unknown as CycleRow)).toBeUndefined();
  });
});
