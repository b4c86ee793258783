import { jobTransitions } from '#contracts/job-states.ts';
import { jobFaultKinds } from './faults.ts';
import { stories, type Violation } from './journal.ts';
import type { SeedReport } from './run-seed.ts';

export interface Failure {
  seed: number;
  violation: Violation;
}

/** What many seeds come to. */
export interface Totals {
  seeds: number;
  steps: number;
  faults: Record<string, number>;
  transitions: Record<string, number>;
  stories: Record<string, number>;
  /** How executions, gates and actions of runs ended. */
  ends: Record<string, number>;
  outcomes: Record<string, number>;
  failures: Failure[];
}

export function noTotals(): Totals {
  return {
    seeds: 0,
    steps: 0,
    faults: {},
    transitions: {},
    stories: {},
    ends: {},
    outcomes: {},
    failures: [],
  };
}

export function addReport(totals: Totals, report: SeedReport): void {
  totals.seeds += 1;
  totals.steps += report.steps;
  for (const { kind } of report.injected) totals.faults[kind] = (totals.faults[kind] ?? 0) + 1;
  addCounts(totals.transitions, report.transitions);
  addCounts(totals.stories, report.stories);
  addCounts(totals.ends, report.ends);
  addCounts(totals.outcomes, report.outcomes);
  if (report.violation) totals.failures.push({ seed: report.seed, violation: report.violation });
}

export function addTotals(totals: Totals, more: Totals): void {
  totals.seeds += more.seeds;
  totals.steps += more.steps;
  addCounts(totals.faults, more.faults);
  addCounts(totals.transitions, more.transitions);
  addCounts(totals.stories, more.stories);
  addCounts(totals.ends, more.ends);
  addCounts(totals.outcomes, more.outcomes);
  totals.failures = [...totals.failures, ...more.failures].sort((a, b) => a.seed - b.seed);
}

function addCounts(to: Record<string, number>, from: Record<string, number>): void {
  for (const [name, count] of Object.entries(from)) to[name] = (to[name] ?? 0) + count;
}

export function transitionNames(): string[] {
  return Object.entries(jobTransitions).flatMap(([from, tos]) => tos.map((to) => `${from} → ${to}`));
}

export function succeededShare({ outcomes }: Totals): number {
  const all = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  return (outcomes.SUCCEEDED ?? 0) / Math.max(1, all);
}

/** From so many seeds on, a run that has not met everything there is proves less than it seems to. */
export const seedsForCoverage = 500;
const timesEach = 3;
const succeededShareMin = 0.6;

/** What a run without a violation has not shown: an empty list is what it takes to believe it. */
export function missingCoverage(totals: Totals): string[] {
  if (totals.seeds < seedsForCoverage) return [];
  const isRare = (counts: Record<string, number>) => (name: string) => (counts[name] ?? 0) < timesEach;
  const share = succeededShare(totals);
  return [
    ...transitionNames().filter(isRare(totals.transitions)),
    ...jobFaultKinds.filter(isRare(totals.faults)),
    ...stories.filter(isRare(totals.stories)),
    ...(share < succeededShareMin ? [`only ${(share * 100).toFixed(1)} % of the jobs succeeded`] : []),
  ];
}
