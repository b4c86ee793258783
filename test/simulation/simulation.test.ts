import { describe, expect, it } from '@jest/globals';
import { mutants } from './mutants.ts';
import { runMany } from './run-many.ts';
import { runSeed } from './run-seed.ts';
import { shrink } from './shrink.ts';
import { missingCoverage } from './totals.ts';

const seeds = 2_000;
const runTimeoutMs = 60_000;

describe('the job core under simulated faults', () => {
  it(
    'keeps every invariant over 2,000 seeds that meet every transition and every fault [A1] [A2] [A8] [A9]',
    async () => {
      const totals = await runMany({ from: 1, seeds });
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
  it.each(mutants.map(({ name, bug }) => [name, bug] as const))(
    'is found: %s (%s)',
    async (name) => {
      const { failures } = await runMany({ from: 1, seeds, mutant: name, isUntilFirst: true });
      expect(failures.length).toBeGreaterThan(0);
    },
    runTimeoutMs,
  );

  it(
    'is shown with no more faults than it takes',
    async () => {
      const mutant = mutants.find(({ name }) => name === 'read-then-put');
      const { failures } = await runMany({ from: 1, seeds, mutant: 'read-then-put', isUntilFirst: true });
      const shrunk = await shrink(failures[0]?.seed ?? 0, mutant);
      expect(shrunk?.report.violation?.invariant).toBe('idempotent create');
      expect(shrunk?.needed).toEqual([]);
    },
    runTimeoutMs,
  );
});
