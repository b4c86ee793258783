import { agentMutants } from './agent-mutants.ts';
import { computeMutants } from './compute-mutants.ts';
import { moneyMutants } from './money-mutants.ts';
import type { Mutant } from './mutant.ts';
import { rowMutants } from './row-mutants.ts';

export const mutants: readonly Mutant[] = [
  ...rowMutants,
  ...computeMutants,
  ...moneyMutants,
  ...agentMutants,
];
