import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { addTotals, type Failure, noTotals, type Totals } from './totals.ts';
import type { WorldOptions } from './world.ts';

/** What a thread is asked to do: its share of many seeds, or to look for the first violation of each mutant. */
export type ThreadWork =
  | { kind: 'seeds'; from: number; until: number; step: number; world: Worlds }
  | { kind: 'mutants'; names: string[]; seeds: number };

/** What is in every seed. */
export type Worlds = Pick<WorldOptions, 'isAllAgents' | 'isRun' | 'isRhythm' | 'isSchedules'>;

export interface Spread extends Worlds {
  /** Default: as many as there are cores. */
  threads?: number | undefined;
}

/** How the search for a mutant ended: no failure means that it survived all the seeds. */
export interface Kill {
  name: string;
  failure: Failure | undefined;
}

/** Spreads the seeds over the machine's cores: each seed is a world of its own. */
export async function runMany(
  from: number,
  seeds: number,
  { threads = availableParallelism(), ...world }: Spread = {},
): Promise<Totals> {
  const until = from + seeds;
  const works = indexes(threads).map((index) => ({
    kind: 'seeds' as const,
    from: from + index,
    until,
    step: threads,
    world,
  }));
  const totals = noTotals();
  for (const part of await Promise.all(works.map(runThread<Totals>))) addTotals(totals, part);
  return totals;
}

/** Runs each mutant from seed 1 on until it is found out, or through `seeds` of them. */
export async function killMutants(
  names: readonly string[],
  seeds: number,
  threads = availableParallelism(),
): Promise<Kill[]> {
  const works = indexes(threads).map((index) => ({
    kind: 'mutants' as const,
    names: names.filter((_, place) => place % threads === index),
    seeds,
  }));
  const kills = (await Promise.all(works.map(runThread<Kill[]>))).flat();
  return kills.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
}

function indexes(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function runThread<T>(work: ThreadWork): Promise<T> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./seed-thread.ts', import.meta.url), { workerData: work });
    thread.once('message', resolve);
    thread.once('error', reject);
  });
}
