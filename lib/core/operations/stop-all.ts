import type { Caller } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import { lanes } from '#contracts/lanes.ts';
import type { Operation } from '#contracts/operations.ts';
import { changeJob } from '#core/jobs/change-job.ts';
import { type RelayDeps, relay } from '#core/jobs/relay.ts';
import { stop } from '#core/jobs/transitions.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { type SlotState, type Slots, slotLimit } from '#core/ports/slots.ts';

function requireEverything(caller: Caller, what: string): void {
  if (caller.projects === '*') return;
  throw new AppError(
    'forbidden',
    `${what} touches every project; ${caller.arn} may use ${caller.projects.join(', ')} only`,
  );
}

/**
 * The kill switch. Once it is pulled in every lane no worker is started; what runs is stopped, goes back to the queue
 * once it is known to be gone, and waits there for `resume`.
 */
export async function stopAll(deps: RelayDeps, caller: Caller): Promise<Operation> {
  requireEverything(caller, 'stop-all');
  const stopped = { by: caller.arn, atMs: deps.clock.nowMs() };
  for (const lane of lanes) await deps.slots.setStopped(lane, stopped);
  await haltAll(deps);
  return describe(await readAll(deps.slots));
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
export async function readOperation(deps: Deps<'slots'>, caller: Caller, id: string): Promise<Operation> {
  requireEverything(caller, 'reading an operation');
  const state = await readAll(deps.slots);
  if (!state.stopped || id !== operationId(state.stopped.atMs)) {
    throw new AppError('not_found', `there is no operation "${id}"; a stop-all can be read until resume`);
  }
  return describe(state);
}

/** Stops every worker that holds a slot, while the switch is pulled. The reconciler repeats it until none is left. */
export async function haltAll(deps: RelayDeps): Promise<void> {
  for (const lane of lanes) {
    const { held, stopped } = await deps.slots.read(lane);
    if (!stopped) continue;
    for (const { key } of held) await tryHalt(deps, key);
  }
}

/** The others must not run on because of one; the reconciler comes back to it within a minute. */
async function tryHalt(deps: RelayDeps, key: string): Promise<void> {
  try {
    await halt(deps, key.slice(0, key.lastIndexOf('#')));
  } catch (error) {
    deps.metrics.count('DeliveryFailures');
    deps.log.warn('worker not stopped', { slot: key, reason: String(error) });
  }
}

/** All lanes as one: what is held anywhere, and the first switch that is found pulled. */
async function readAll(slots: Slots): Promise<SlotState> {
  const states = await Promise.all(lanes.map((lane) => slots.read(lane)));
  return {
    held: states.flatMap(({ held }) => held),
    stopped: states.find(({ stopped }) => stopped)?.stopped,
  };
}

async function halt(deps: RelayDeps, id: string): Promise<void> {
  if (!(await deps.store.get(id))) return;
  const { row, before } = await changeJob(deps, id, (row, moment) => {
    const isActive = row.status === 'STARTING' || row.status === 'RUNNING';
    const reason = 'everything was stopped; waiting until the worker is gone';
    return { next: isActive ? stop(row, 'halt', reason, moment) : undefined, value: undefined };
  });
  if (row !== before) await relay(deps, row);
}

function operationId(atMs: number): string {
  return `stop-all-${atMs}`;
}

function describe({ held, stopped }: SlotState): Operation {
  const atMs = stopped?.atMs ?? 0;
  return {
    id: operationId(atMs),
    kind: 'stop-all',
    status: held.length === 0 ? 'SUCCEEDED' : 'RUNNING',
    startedAt: new Date(atMs).toISOString(),
    startedBy: stopped?.by ?? '',
    stillAlive: held.map(({ key, sinceMs }) => ({ worker: key, since: new Date(sinceMs).toISOString() })),
  };
}
