import type { Cadence, CycleInterval } from '#contracts/cadence.ts';
import type { CycleRow } from '#contracts/cycle-row.ts';
import type { RunRow } from '#contracts/run-row.ts';
import { type ActionStatus, cycleEnds } from '#contracts/run-states.ts';
import { plural, showDuration } from './report/figures.ts';

/** What a cycle was like: it left work undone, it found nothing to do, or neither. */
export type Workload = 'undone' | 'idle' | 'usual';
type Adaptive = Required<Pick<Cadence, 'adapt' | 'everySeconds'>>;

/** How actions that are still to be done have ended, in words. What a person refused is not among them. */
const undone: Partial<Record<ActionStatus, string>> = {
  FAILED: 'failed',
  UNPROVEN: 'unproven',
  CARRIED: 'carried over',
  STOPPED: 'broken off',
};

/** The interval from the start of this cycle to the start of the next; undefined where the cadence does not adapt. */
export function intervalAfter(run: RunRow, cycle: CycleRow): CycleInterval | undefined {
  if (!run.cadence?.adapt) return undefined;
  const { adapt, everySeconds } = run.cadence;
  const beforeSeconds = run.interval?.seconds ?? everySeconds;
  const workload = workloadOf(cycle);
  const seconds = adaptSeconds({ adapt, everySeconds }, beforeSeconds, workload);
  const change = seconds === beforeSeconds ? 'as before' : `instead of ${show(beforeSeconds)}`;
  const bound = { undone: adapt.fromSeconds, idle: adapt.toSeconds, usual: undefined }[workload];
  const limit = seconds === bound ? `, the ${workload === 'idle' ? 'longest' : 'shortest'} allowed` : '';
  const reason = `A cycle every ${show(seconds)} ${change}${limit}: ${becauseOf(cycle)}`;
  return { seconds, reason };
}

/**
 * Halves the interval at once where work is left undone, doubles it while there is none, and is back at `everySeconds`
 * after the first cycle that is neither: whatever it was before, it never stays where it is for no reason.
 */
export function adaptSeconds(
  { adapt, everySeconds }: Adaptive,
  beforeSeconds: number,
  workload: Workload,
): number {
  switch (workload) {
    case 'undone':
      return Math.max(adapt.fromSeconds, Math.floor(Math.min(beforeSeconds, everySeconds) / 2));
    case 'idle':
      return Math.min(adapt.toSeconds, Math.max(beforeSeconds, everySeconds) * 2);
    case 'usual':
      return everySeconds;
    default:
      return workload satisfies never;
  }
}

function workloadOf({ actions, end }: CycleRow): Workload {
  const isUndone = actions.some(({ status }) => undone[status] !== undefined);
  if (isUndone || end === 'NotRecovered') return 'undone';
  return end === 'NoGo' || (end === 'Done' && actions.length === 0) ? 'idle' : 'usual';
}

function becauseOf({ actions, end = 'TimedOut' }: CycleRow): string {
  const counts = Object.entries(undone).flatMap(([status, words]) => {
    const count = actions.filter((action) => action.status === status).length;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  if (counts.length > 0) return `of ${plural(actions.length, 'action')}, ${counts.join(', ')}.`;
  return end === 'Done' && actions.length === 0 ? 'the meeting found nothing to do.' : cycleEnds[end].says;
}

function show(seconds: number): string {
  return showDuration(seconds * 1_000);
}
