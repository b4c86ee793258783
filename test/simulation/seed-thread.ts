// One thread of `run-many.ts`: runs its share of the seeds and answers with the totals.
import { parentPort, workerData } from 'node:worker_threads';
import { mutants } from './mutants.ts';
import type { ThreadWork } from './run-many.ts';
import { runSeed } from './run-seed.ts';
import { addReport, noTotals } from './totals.ts';

// Most errors here are thrown on purpose and read by nobody.
Error.stackTraceLimit = 0;

const { from, until, step, mutant: name, isUntilFirst } = workerData as ThreadWork;
const mutant = mutants.find((candidate) => candidate.name === name);
const totals = noTotals();
for (let seed = from; seed < until; seed += step) {
  addReport(totals, await runSeed({ seed, mutant }));
  if (isUntilFirst && totals.failures.length > 0) break;
}
parentPort?.postMessage(totals);
