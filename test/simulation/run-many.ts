import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { addTotals, noTotals, type Totals } from './totals.ts';

export interface ManyOptions {
  from: number;
  seeds: number;
  mutant?: string;
  /** Stop at the first violation. */
  isUntilFirst?: boolean;
  threads?: number;
}

/** What a thread is asked to run: every `step`-th seed from `from` on. */
export interface ThreadWork {
  from: number;
  until: number;
  step: number;
  mutant: string | undefined;
  isUntilFirst: boolean;
}

/** Spreads the seeds over the machine's cores: each seed is a world of its own. */
export async function runMany(options: ManyOptions): Promise<Totals> {
  const { from, seeds, mutant, isUntilFirst = false } = options;
  const threads = Math.min(options.threads ?? availableParallelism(), seeds);
  const works = Array.from({ length: threads }, (_, index) => ({
    from: from + index,
    until: from + seeds,
    step: threads,
    mutant,
    isUntilFirst,
  }));
  const totals = noTotals();
  for (const part of await Promise.all(works.map(runThread))) addTotals(totals, part);
  return totals;
}

function runThread(work: ThreadWork): Promise<Totals> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./seed-thread.ts', import.meta.url), { workerData: work });
    thread.once('message', resolve);
    thread.once('error', reject);
  });
}
