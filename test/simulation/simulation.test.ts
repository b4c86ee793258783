import { beforeAll, describe, expect, it } from '@jest/globals';
import { jobMutants } from './mutants.ts';
import { type Kill, killMutants, runMany } from './run-many.ts';
import { runSeed } from './run-seed.ts';
import { shrink } from './shrink.ts';
import { missingCoverage } from './totals.ts';

const seeds = 2_000;
const runTimeoutMs = 240_000;

describe('the job core under simulated faults', () => {
  it(
    'keeps every invariant over 2,000 seeds that meet every transition and every fault [A1] [A2] [A8] [A9]',
    async () => {
      const totals = await runMany(1, seeds);
      expect(totals.failures).toEqual([]);
      expect(missingCoverage(totals)).toEqual([]);
      expect(totals.seeds).toBe(2_000);
    },
    runTimeoutMs,
  );

  it('gives the same run for the same seed', async () => {
    const first = await runSeed({ seed: 7, isTraced: true });
    const second = await runSeed({ seed: 7, isTraced: true });
    expect(second).toEqual(first);
    expect(first.lines.length).toBeGreaterThan(50);
  });
});

describe('a seeded protocol bug', () => {
  let kills: Kill[] = [];
  beforeAll(async () => {
    kills = await killMutants(
      jobMutants.map(({ name }) => name),
      seeds,
    );
  }, runTimeoutMs);

  it.each(jobMutants.map(({ name, bug }) => [name, bug] as const))('is found: %s (%s)', (name) => {
    const kill = kills.find((candidate) => candidate.name === name);
    expect(kill?.failure?.seed).toBeLessThanOrEqual(2_000);
  });

  it('is shown with no more faults than it takes', async () => {
    const mutant = jobMutants.find(({ name }) => name === 'requeue-without-stop');
    const { injected } = await runSeed({ seed: 4, mutant });
    const shrunk = await shrink({ seed: 4, mutant });
    expect(shrunk?.report.violation?.invariant).toBe('verified stop');
    expect(injected.length).toBeGreaterThan(3);
    expect(shrunk?.needed.length).toBeLessThanOrEqual(3);
  });
});
