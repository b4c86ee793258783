import type { Caller } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import type { RunRow } from '#contracts/run-row.ts';
import { runId } from '#contracts/run-states.ts';
import { mayTouch } from '#core/access.ts';
import { changeRun } from './change-row.ts';
import { executionCheckMs, relayRun } from './relay-run.ts';
import type { RunDeps } from './run-deps.ts';
import { say } from './say.ts';
import { withWebhook } from './with-webhook.ts';

export function runNotFound(id: string): AppError {
  return new AppError('not_found', `there is no run "${id.slice(0, 100)}"`, {
    remedy: 'list runs with: muster run list',
  });
}

/** @throws AppError `not_found` also where the caller may not touch its project */
export async function requireRun(deps: Pick<RunDeps, 'runs'>, caller: Caller, id: string): Promise<RunRow> {
  const run = runId.safeParse(id).success ? await deps.runs.runs.get(id) : undefined;
  if (!run || !mayTouch(caller, run.project)) throw runNotFound(id);
  return run;
}

/**
 * Ends a run with good manners: its jobs are cancelled, nobody is waited for, and its cycle is closed with a
 * report. A run between two cycles ends at once. Stopping it again answers as before.
 *
 * @throws AppError `not_found`, `run_ended` (it ended otherwise)
 */
export async function stopRun(deps: RunDeps, caller: Caller, id: string): Promise<RunRow> {
  const { cycle } = await requireRun(deps, caller, id);
  // Its execution may have begun before anybody has noted that it was started.
  const hasBegun = (await deps.runs.cycles.get({ run: id, cycle })) !== undefined;
  const { row, before } = await changeRun(deps, id, (run, nowMs) => {
    if (run.status === 'STOPPING' || run.status === 'STOPPED' || run.cycle !== cycle) return undefined;
    if (run.status !== 'RUNNING')
      throw new AppError('run_ended', `run ${id} has ended (${run.status}); it cannot be stopped`);
    const { start, ...outbox } = run.outbox;
    // The start may be under way all the same: the reconciler looks once whether an execution came of it.
    const checkAtMs = start ? nowMs + executionCheckMs : run.checkAtMs;
    const stopping = { ...run, stoppedBy: caller.arn, outbox, checkAtMs };
    // The next cycle was to begin later, and the one before is closed: there is nothing left to stop.
    if (start && !hasBegun)
      return {
        ...stopping,
        status: 'STOPPED',
        outcome: 'StoppedByPerson',
        endedAtMs: nowMs,
        outbox: withWebhook(run, outbox),
      };
    return { ...stopping, status: 'STOPPING', outbox: { ...outbox, halt: { kind: 'halt' } } };
  });
  // A cycle was closed in between, and the next one is another case.
  if (row.status === 'RUNNING') return stopRun(deps, caller, id);
  if (row !== before)
    await say(deps, id, { type: 'end', message: `Stopping, as ${caller.arn} asked`, status: row.status });
  return relayRun(deps, row);
}
