// One thread of `run-many.ts`: does its share and answers with what came of it.
import { parentPort, workerData } from 'node:worker_threads';
import { mutants } from './mutants.ts';
import type { Kill, ThreadWork } from './run-many.ts';
import { runSeed } from './run-seed.ts';
import { addReport, noTotals, type Totals } from './totals.ts';

// Most errors here are thrown on purpose and read by nobody.
Error.stackTraceLimit = 0;

async function runShare(share: Extract<ThreadWork, { kind: 'seeds' }>): Promise<Totals> {
  const { from, until, step, world } = share;
  const totals = noTotals();
  for (let seed = from; seed < until; seed += step) addReport(totals, await runSeed({ seed, ...world }));
  return totals;
}

async function kill(name: string, seeds: number): Promise<Kill> {
  const mutant = mutants.find((candidate) => candidate.name === name);
  const { isOfRuns: isRun, isOfRhythm: isRhythm, isOfSchedules: isSchedules } = mutant ?? {};
  for (let seed = 1; seed <= seeds; seed++) {
    const { violation } = await runSeed({ seed, mutant, isRun, isRhythm, isSchedules });
    if (violation) return { name, failure: { seed, violation } };
  }
  return { name, failure: undefined };
}

async function killAll({ names, seeds }: Extract<ThreadWork, { kind: 'mutants' }>): Promise<Kill[]> {
  const kills: Kill[] = [];
  for (const name of names) kills.push(await kill(name, seeds));
  return kills;
}

const work = workerData as ThreadWork;
parentPort?.postMessage(work.kind === 'seeds' ? await runShare(work) : await killAll(work));
