import { agentMutants } from './agent-mutants.ts';
import { computeMutants } from './compute-mutants.ts';
import { moneyMutants } from './money-mutants.ts';
import type { Mutant } from './mutant.ts';
import { rhythmMutants } from './rhythm-mutants.ts';
import { rowMutants } from './row-mutants.ts';
import { runMutants } from './run-mutants.ts';
import { scheduleMutants } from './schedules/schedule-mutants.ts';

export const jobMutants: readonly Mutant[] = [
  ...rowMutants,
  ...computeMutants,
  ...moneyMutants,
  ...agentMutants,
];
export const mutants: readonly Mutant[] = [
  ...jobMutants,
  ...runMutants,
  ...rhythmMutants,
  ...scheduleMutants,
];
