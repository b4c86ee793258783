import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Kill, killMutants, runMany } from '../run-many.ts';
import { runSeed } from '../run-seed.ts';
import { missingScheduleCoverage } from './schedule-coverage.ts';
import { scheduleMutants } from './schedule-mutants.ts';

const seeds = 12;
const timeoutMs = 480_000;

describe('schedules under simulated faults', () => {
  it(
    'start no tick twice and miss none in silence, over twelve hundred hours that meet every way a tick may end [B7] [C5]',
    async () => {
      const totals = await runMany(1, seeds, { isSchedules: true });
      expect(totals.failures).toEqual([]);
      expect(missingScheduleCoverage(totals)).toEqual([]);
      expect(totals.ends['tick started']).toBeGreaterThan(3_000);
    },
    timeoutMs,
  );

  it(
    'go the same way for the same seed',
    async () => {
      const first = await runSeed({ seed: 3, isSchedules: true, isTraced: true });
      const second = await runSeed({ seed: 3, isSchedules: true, isTraced: true });
      expect(second).toEqual(first);
      expect(first.lines.length).toBeGreaterThan(1_000);
    },
    timeoutMs,
  );
});

describe('a seeded bug of schedules', () => {
  let kills: Kill[] = [];
  beforeAll(async () => {
    kills = await killMutants(
      scheduleMutants.map(({ name }) => name),
      seeds,
    );
  }, timeoutMs);

  it.each(scheduleMutants.map(({ name, bug }) => [name, bug] as const))('is found: %s (%s)', (name) => {
    const kill = kills.find((candidate) => candidate.name === name);
    expect(kill?.failure?.violation.invariant).toBe('ticks');
  });
});
