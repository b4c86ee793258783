import { limits } from '#contracts/limits.ts';
import type {
  EndedTick,
  PendingTick,
  ScheduleRow,
  ScheduleView,
  StartedWork,
  TickView,
} from '#contracts/schedule.ts';
import type { Calendar } from '#core/ports/calendar.ts';
import { ticksAfter } from './tick-times.ts';

const nextShown = 5;
const wordsShown = 120;

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** @param isBusy what it started last still runs */
export function toScheduleView(
  calendar: Calendar,
  row: ScheduleRow,
  { nowMs, isBusy }: { nowMs: number; isBusy: boolean },
): ScheduleView {
  const { id, name, project, when, overlap, startsAtMs, endsAtMs, active, problem } = row;
  return {
    ...{ id, name, project, state: stateOf(row, nowMs), when, overlap },
    ...(startsAtMs === undefined ? {} : { startsAt: iso(startsAtMs) }),
    ...(endsAtMs === undefined ? {} : { endsAt: iso(endsAtMs) }),
    startsWhat: startsWhat(row),
    budgetUsd: row.starts.run?.budgetUsd ?? row.starts.job?.budgetUsd ?? 0,
    createdBy: row.callerArn,
    createdAt: iso(row.createdAtMs),
    next: row.state === 'active' ? ticksAfter(calendar, row, nowMs, nextShown).map(iso) : [],
    ...toWaitingView(row),
    ...(active && isBusy ? { active: named(active) } : {}),
    recent: row.recent.slice(0, limits.recentTicks).map(toTickView),
    counts: row.counts,
    ...(problem === undefined ? {} : { problem }),
  };
}

function stateOf(
  { state, nextAtMs, pending, when, endsAtMs }: ScheduleRow,
  nowMs: number,
): ScheduleView['state'] {
  if (state === 'paused') return 'paused';
  // Nobody knows when an alarm goes off.
  if (when.alarm !== undefined && nowMs <= (endsAtMs ?? nowMs)) return 'active';
  return nextAtMs === undefined && !pending ? 'ended' : 'active';
}

function startsWhat({ starts: { run, job } }: ScheduleRow): string {
  if (job) return `${job.type} job`;
  const what = run?.objective ?? (run?.workflow ? `workflow ${run.workflow.id}` : '');
  return `team ${run?.team}: ${what}`.slice(0, wordsShown);
}

function named({ kind, id }: StartedWork): { run?: string; job?: string } {
  return kind === 'run' ? { run: id } : { job: id };
}

function toWaitingView({ pending, held, quietUntilMs = 0 }: ScheduleRow): Pick<ScheduleView, 'pending'> {
  if (pending) return { pending: toPendingView(pending) };
  if (!held) return {};
  const says = `it starts at ${iso(quietUntilMs)} if it still rings`;
  const { atMs, cause } = held;
  return { pending: { at: iso(atMs), cause, outcome: 'waiting', reason: 'cooldown', says } };
}

function toPendingView({ atMs, cause, state }: PendingTick): TickView {
  return { at: iso(atMs), cause, outcome: state };
}

function toTickView({ atMs, cause, outcome, started, reason, says, count, fromMs }: EndedTick): TickView {
  return {
    ...{ at: iso(atMs), cause, outcome },
    ...(started ? named(started) : {}),
    ...(reason === undefined ? {} : { reason }),
    ...(says === undefined ? {} : { says }),
    ...(fromMs === undefined ? {} : { count, from: iso(fromMs) }),
  };
}

/** A tick of which only the id is known. */
export function tickViewOf({ pending, recent }: ScheduleRow, tickId: string): TickView | undefined {
  if (pending?.id === tickId) return toPendingView(pending);
  const ended = recent.find(({ id }) => id === tickId);
  return ended && toTickView(ended);
}
