import { beforeAll, describe, expect, it } from '@jest/globals';
import { rhythmMutants } from './rhythm-mutants.ts';
import { missingRhythmCoverage } from './run-coverage.ts';
import { type Kill, killMutants, runMany } from './run-many.ts';

const seeds = 8;
const timeoutMs = 240_000;

describe('a run that goes on by its cadence, without a person [B7]', () => {
  it(
    'begins each cycle of eight days once, none before its time, none not at all, and says why when it does',
    async () => {
      const totals = await runMany(1, seeds, { isRhythm: true });
      expect(totals.failures).toEqual([]);
      expect(missingRhythmCoverage(totals)).toEqual([]);
      const { 'interval shorter': shorter = 0, 'interval longer': longer = 0 } = totals.ends;
      expect(shorter + longer + (totals.ends['interval as usual'] ?? 0)).toBeGreaterThan(150);
    },
    timeoutMs,
  );
});

describe('a seeded bug of the rhythm', () => {
  let kills: Kill[] = [];
  beforeAll(async () => {
    kills = await killMutants(
      rhythmMutants.map(({ name }) => name),
      seeds,
    );
  }, timeoutMs);

  it.each(rhythmMutants.map(({ name, bug }) => [name, bug] as const))('is found: %s (%s)', (name) => {
    const kill = kills.find((candidate) => candidate.name === name);
    expect(kill?.failure?.violation.invariant).toBe('rhythm');
  });
});
