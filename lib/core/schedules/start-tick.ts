import { AppError } from '#contracts/errors.ts';
import { limits } from '#contracts/limits.ts';
import type { PendingTick, ScheduleRow, StartedWork } from '#contracts/schedule.ts';
import { jobIdFor, submitJob } from '#core/jobs/submit-job.ts';
import { changeRow } from '#core/runs/change-row.ts';
import { runIdFor, startRun } from '#core/runs/start-run.ts';
import { ownerOf } from './look-around.ts';
import { prepareRun } from './prepare-run.ts';
import type { ScheduleDeps } from './schedule-deps.ts';
import { cooldownMs, skipped, withEnding, withoutPending } from './settle.ts';

/** Some time before it is known: the try that began it may not have lived to write that down. */
interface Started {
  work: StartedWork;
  startedAtMs: number;
}

type Outcome = ({ kind: 'started' } & Started) | { kind: 'refused'; says: string };

/**
 * Starts what was claimed, and writes down what came of it. Starting twice is starting once: the key follows from
 * schedule and tick. Where this dies in between, or the fault may pass, the row is due again when its lease ends.
 */
export async function startTick(deps: ScheduleDeps, row: ScheduleRow, tick: PendingTick): Promise<void> {
  const outcome = await tryStart(deps, row, tick);
  if (!outcome) return;
  const { row: after, before } = await changeRow(
    deps.clock,
    deps.schedules,
    row.id,
    `schedule "${row.id}"`,
    (current, nowMs) =>
      // Whoever began it again after this one's lease writes down the same start.
      current.pending?.id === tick.id && current.pending.state === 'starting'
        ? concluded(current, tick, outcome, nowMs)
        : undefined,
  );
  if (after !== before) deps.log.info('tick ended', { schedule: row.id, tick: tick.id, ...outcome });
}

function concluded(row: ScheduleRow, tick: PendingTick, outcome: Outcome, nowMs: number): ScheduleRow {
  const { problem: _, ...rest } = withoutPending(row);
  if (outcome.kind === 'refused') return skipped(rest, tick, 'refused', nowMs, outcome.says);
  const { work, startedAtMs } = outcome;
  const started = withEnding(rest, tick, { outcome: 'started', started: work }, nowMs);
  return { ...started, active: work, ...quietAfter(row, startedAtMs) };
}

/** Whoever asked for a start, alarm or person: the alarm asks for none so soon after it. */
function quietAfter({ when }: ScheduleRow, startedAtMs: number): Pick<ScheduleRow, 'quietUntilMs'> {
  return when.alarm === undefined ? {} : { quietUntilMs: startedAtMs + cooldownMs(when) };
}

async function tryStart(
  deps: ScheduleDeps,
  row: ScheduleRow,
  tick: PendingTick,
): Promise<Outcome | undefined> {
  try {
    return { kind: 'started', ...(await start(deps, row, tick)) };
  } catch (error) {
    const isForGood = error instanceof AppError && !error.retryable;
    if (isForGood || tick.tries >= limits.tickTries) return giveUp(deps, row, tick, error);
    deps.log.warn('tick not started yet', { schedule: row.id, tick: tick.id, reason: String(error) });
    return undefined;
  }
}

async function start(deps: ScheduleDeps, row: ScheduleRow, tick: PendingTick): Promise<Started> {
  const { random } = deps;
  const options = {
    idempotencyKey: startKey(row, tick),
    traceparent: `00-${random.hex(16)}-${random.hex(8)}-01`,
  };
  const { project, starts } = row;
  if (starts.run) {
    const { body, given } = await prepareRun(deps, row, tick, starts.run);
    const { run } = await startRun(deps, ownerOf(row), { ...body, project }, { ...options, given });
    return { work: { kind: 'run', id: run.id }, startedAtMs: run.createdAtMs };
  }
  const { row: job } = await submitJob(deps, ownerOf(row), { ...starts.job, project }, options);
  return { work: { kind: 'job', id: job.id }, startedAtMs: job.createdAtMs };
}

/** A schedule that was deleted and made anew under the same name starts its own. */
function startKey({ id, createdAtMs }: ScheduleRow, tick: Pick<PendingTick, 'id'>): string {
  return `schedule ${id} ${createdAtMs} ${tick.id}`;
}

/** An earlier try may have succeeded although nobody heard of it: then it has started, whatever was said since. */
async function giveUp(
  deps: ScheduleDeps,
  row: ScheduleRow,
  tick: PendingTick,
  error: unknown,
): Promise<Outcome> {
  const { starts } = row;
  const kind = starts.run ? 'run' : 'job';
  const key = startKey(row, tick);
  const id = starts.run ? runIdFor(deps, ownerOf(row), key) : jobIdFor(deps, ownerOf(row), key);
  const found = starts.run ? await deps.runs.runs.get(id) : await deps.store.get(id);
  if (found) return { kind: 'started', work: { kind, id }, startedAtMs: found.createdAtMs };
  const says = error instanceof Error ? error.message : String(error);
  const tries = error instanceof AppError && !error.retryable ? '' : `given up after ${tick.tries} tries: `;
  return { kind: 'refused', says: `${tries}${says}` };
}
