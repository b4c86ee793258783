import type { Caller } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import { lanes } from '#contracts/lanes.ts';
import { limits } from '#contracts/limits.ts';
import type { Operation } from '#contracts/operations.ts';
import type { RelayDeps } from '#core/jobs/relay.ts';
import { listNewest } from '#core/list-newest.ts';
import type { Deps, RunPorts } from '#core/ports/core-deps.ts';
import { type Slots, type Stopped, slotLimit } from '#core/ports/slots.ts';
import { statusOf } from '#core/runs/run-view.ts';
import { type HaltDeps, haltAll } from './halt-all.ts';
import { readStillAlive } from './still-alive.ts';

type ReadDeps = Deps<'slots' | 'cluster' | 'projects' | 'digest'> & Pick<RunPorts, 'runs'>;

function requireEverything(caller: Caller, what: string): void {
  if (caller.projects === '*') return;
  throw new AppError(
    'forbidden',
    `${what} touches every project; ${caller.arn} may use ${caller.projects.join(', ')} only`,
  );
}

/**
 * The kill switch. Once it is pulled in every lane no worker is started; what runs is stopped, goes back to the queue
 * once it is known to be gone, and waits there for `resume`. When this has answered no money is put aside any more:
 * every worker that held a slot is STOPPING, and one whose claim was under way finds the switch pulled when it starts.
 * Executions of runs are not stopped: they wait for their jobs, which costs nothing, and go on after the resume.
 */
export async function stopAll(deps: HaltDeps & ReadDeps, caller: Caller): Promise<Operation> {
  requireEverything(caller, 'stop-all');
  const stopped = { by: caller.arn, atMs: deps.clock.nowMs() };
  for (const lane of lanes) await deps.slots.setStopped(lane, stopped);
  await haltAll(deps);
  // Whoever was first has pulled it, and it is theirs: what is read says so.
  return describe(deps, caller, (await readStopped(deps.slots)) ?? stopped);
}

/** Lets workers start again. The queue is woken as many times as there are free slots. */
export async function resumeAll(deps: RelayDeps, caller: Caller): Promise<{ resumed: true }> {
  requireEverything(caller, 'resume');
  let slots = 0;
  for (const lane of lanes) {
    await deps.slots.setStopped(lane, undefined);
    slots += slotLimit(lane, deps.settings);
  }
  for (let n = 0; n < Math.min(slots, 10); n++) await deps.queue.send({ v: 1 });
  return { resumed: true };
}

/** @throws AppError `not_found` for an operation that is not the one in force */
export async function readOperation(deps: ReadDeps, caller: Caller, id: string): Promise<Operation> {
  requireEverything(caller, 'reading an operation');
  const stopped = await readStopped(deps.slots);
  if (!stopped || id !== operationId(stopped)) {
    throw new AppError('not_found', `there is no operation "${id}"; a stop-all can be read until resume`);
  }
  return describe(deps, caller, stopped);
}

/** The first switch that is found pulled. */
async function readStopped(slots: Slots): Promise<Stopped | undefined> {
  const states = await Promise.all(lanes.map((lane) => slots.read(lane)));
  return states.find(({ stopped }) => stopped)?.stopped;
}

function operationId({ atMs }: Stopped): string {
  return `stop-all-${atMs}`;
}

async function describe(deps: ReadDeps, caller: Caller, stopped: Stopped): Promise<Operation> {
  const stillAlive = await readStillAlive(deps);
  const isOver = stillAlive.length === 0;
  return {
    id: operationId(stopped),
    kind: 'stop-all',
    status: isOver ? 'SUCCEEDED' : 'RUNNING',
    startedAt: new Date(stopped.atMs).toISOString(),
    startedBy: stopped.by,
    stillAlive,
    // Whoever looks again and again until all are gone does not ask for this each time.
    ...(isOver && { waitingRuns: await readWaitingRuns(deps, caller) }),
  };
}

async function readWaitingRuns(deps: ReadDeps, caller: Caller): Promise<Operation['waitingRuns']> {
  const { rows } = await listNewest(deps, caller, {
    purpose: 'open runs',
    limit: limits.pageItemsMax,
    keys: (asked) => deps.runs.listedRuns(asked),
    read: (ids) => Promise.all(ids.map((id) => deps.runs.runs.get(id))),
    matches: ({ endedAtMs }) => endedAtMs === undefined,
  });
  return rows.map((run) => ({
    run: run.id,
    status: statusOf(run),
    ...(run.executionArn !== undefined && { executionArn: run.executionArn }),
  }));
}
