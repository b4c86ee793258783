import { beforeAll, describe, expect, it } from '@jest/globals';
import { missingRunCoverage } from './run-coverage.ts';
import { type Kill, killMutants, runMany } from './run-many.ts';
import { runMutants } from './run-mutants.ts';
import { runSeed } from './run-seed.ts';

const seeds = 500;
const runTimeoutMs = 240_000;

describe('runs of a team under simulated faults', () => {
  it(
    'keep every invariant over 500 seeds that meet every end, every gate and every fault of Step Functions [B10] [C2]',
    async () => {
      const totals = await runMany(1, seeds, { isRun: true });
      expect(totals.failures).toEqual([]);
      expect(missingRunCoverage(totals)).toEqual([]);
      expect(totals.seeds).toBe(500);
    },
    runTimeoutMs,
  );

  it('go the same way for the same seed', async () => {
    const first = await runSeed({ seed: 7, isRun: true, isTraced: true });
    const second = await runSeed({ seed: 7, isRun: true, isTraced: true });
    expect(second).toEqual(first);
    expect(first.lines.length).toBeGreaterThan(50);
  });
});

describe('a seeded bug of the protocol of runs', () => {
  let kills: Kill[] = [];
  beforeAll(async () => {
    kills = await killMutants(
      runMutants.map(({ name }) => name),
      seeds,
    );
  }, runTimeoutMs);

  it.each(runMutants.map(({ name, bug }) => [name, bug] as const))('is found: %s (%s)', (name) => {
    const kill = kills.find((candidate) => candidate.name === name);
    expect(kill?.failure?.seed).toBeLessThanOrEqual(500);
  });
});
