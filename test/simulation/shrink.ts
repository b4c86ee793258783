import { type FaultKind, type Injection, injectionName } from './faults.ts';
import { runSeed, type SeedReport } from './run-seed.ts';
import type { WorldOptions } from './world.ts';

export interface Shrunk {
  report: SeedReport;
  /** Without any one of these the same invariant is no longer violated. */
  needed: Injection[];
}

const runsMax = 400;

/** Takes faults out of a failing seed, whole kinds first, as long as it goes on failing in the same way. */
export async function shrink(options: WorldOptions): Promise<Shrunk | undefined> {
  let report = await runSeed(options);
  const { violation } = report;
  if (!violation) return undefined;
  const left = new Set<string>();
  let runs = 0;
  async function tryWithout(name: string): Promise<void> {
    if (runs++ >= runsMax) return;
    const again = await runSeed({ ...options, left: new Set([...left, name]) });
    if (again.violation?.invariant !== violation?.invariant) return;
    left.add(name);
    report = again;
  }
  const kinds = new Set<FaultKind>(report.injected.map(({ kind }) => kind));
  for (const kind of kinds) await tryWithout(kind);
  for (const injection of [...report.injected].reverse()) await tryWithout(injectionName(injection));
  const traced = await runSeed({ ...options, left, isTraced: true });
  return { report: traced, needed: traced.injected };
}
