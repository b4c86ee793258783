import { type FaultKind, type Injection, injectionName } from './faults.ts';
import type { Mutant } from './mutant.ts';
import { runSeed, type SeedReport } from './run-seed.ts';

export interface Shrunk {
  report: SeedReport;
  /** Without any one of these the same invariant is no longer violated. */
  needed: Injection[];
}

const runsMax = 400;

/** Takes faults out of a failing seed, whole kinds first, as long as it goes on failing in the same way. */
export async function shrink(seed: number, mutant?: Mutant): Promise<Shrunk | undefined> {
  let report = await runSeed({ seed, mutant });
  const { violation } = report;
  if (!violation) return undefined;
  const left = new Set<string>();
  let runs = 0;
  async function tryWithout(name: string): Promise<void> {
    if (runs++ >= runsMax) return;
    const again = await runSeed({ seed, mutant, left: new Set([...left, name]) });
    if (again.violation?.invariant !== violation?.invariant) return;
    left.add(name);
    report = again;
  }
  const kinds = new Set<FaultKind>(report.injected.map(({ kind }) => kind));
  for (const kind of kinds) await tryWithout(kind);
  for (const injection of [...report.injected].reverse()) await tryWithout(injectionName(injection));
  const traced = await runSeed({ seed, mutant, left, isTraced: true });
  return { report: traced, needed: traced.injected };
}
