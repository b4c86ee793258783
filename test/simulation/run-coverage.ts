import { cycleEnds } from '#contracts/run-states.ts';
import { runFaultRates } from './faults.ts';
import type { Totals } from './totals.ts';

/** What has to come up now and then, or seeds without a violation prove less than they seem to. */
const gateEnds = [
  'plan APPROVED',
  'plan REJECTED',
  'plan EXPIRED',
  'plan CANCELLED',
  'release APPROVED',
  'release REJECTED',
  'action APPROVED',
  'action REJECTED',
  'task APPROVED',
  'task REJECTED',
  'task EXPIRED',
];
const actionEnds = ['DONE', 'FAILED', 'UNPROVEN', 'SKIPPED', 'CARRIED', 'STOPPED'].map(
  (status) => `action ${status}`,
);

export function missingRunCoverage({ ends, faults }: Totals): string[] {
  const wanted = [...Object.keys(cycleEnds), ...gateEnds, ...actionEnds];
  return [
    ...wanted.filter((name) => (ends[name] ?? 0) === 0),
    ...Object.keys(runFaultRates).filter((kind) => (faults[kind] ?? 0) < 3),
  ];
}

/** Each way that the time between cycles may go. */
export function missingRhythmCoverage({ ends }: Totals): string[] {
  return ['shorter', 'longer', 'as usual']
    .map((way) => `interval ${way}`)
    .filter((name) => (ends[name] ?? 0) === 0);
}
