import { holdsSlot } from '#contracts/job-states.ts';
import { type Lane, lanes } from '#contracts/lanes.ts';
import { haltAll } from '#core/operations/halt-all.ts';
import type { CoreDeps } from '#core/ports/core-deps.ts';
import { type HeldSlot, slotLimit } from '#core/ports/slots.ts';
import { type ReconcileDeps, reconcileJob } from './reconcile-job.ts';

export interface ReconcileReport {
  due: number;
  failed: number;
  freedSlots: number;
  woken: number;
  oldestQueuedSeconds: number;
}

/** A pass takes so many rows at once; what is left is still due at the next one. */
const rowsPerPass = 200;
const atOnce = 8;
const wakesPerPass = 10;

/** One pass over what is due, by index; it never scans. One row's fault never keeps another from its turn. */
export async function reconcile(
  deps: ReconcileDeps & Pick<CoreDeps, 'store' | 'slots' | 'cluster'>,
): Promise<ReconcileReport> {
  const ids = await deps.store.due(deps.clock.nowMs(), rowsPerPass);
  const failed = await eachAtOnce(ids, (id) => reconcileOne(deps, id));
  const freedSlots = await repairSlots(deps);
  await haltAll(deps);
  const { woken, oldestQueuedSeconds } = await pumpQueue(deps);
  deps.metrics.count('ReconcilerRuns');
  deps.metrics.count('OldestQueuedSeconds', oldestQueuedSeconds);
  return { due: ids.length, failed, freedSlots, woken, oldestQueuedSeconds };
}

async function reconcileOne(deps: ReconcileDeps, id: string): Promise<boolean> {
  try {
    await reconcileJob(deps, id);
    return true;
  } catch (error) {
    // The row stays due, so the next pass tries again; the others must not wait for it.
    deps.log.warn('job not reconciled', { job: id, reason: String(error) });
    return false;
  }
}

async function eachAtOnce(ids: readonly string[], work: (id: string) => Promise<boolean>): Promise<number> {
  let failed = 0;
  for (let from = 0; from < ids.length; from += atOnce) {
    const done = await Promise.all(ids.slice(from, from + atOnce).map(work));
    failed += done.filter((ok) => !ok).length;
  }
  return failed;
}

/** Frees slots whose job is not, or no longer, at that attempt: a dispatcher died between slot and claim. */
async function repairSlots(deps: ReconcileDeps): Promise<number> {
  const freed = await Promise.all(lanes.map((lane) => repairLane(deps, lane)));
  return freed.reduce((sum, each) => sum + each, 0);
}

async function repairLane(deps: ReconcileDeps, lane: Lane): Promise<number> {
  const { held } = await deps.slots.read(lane);
  const before = deps.clock.nowMs() - deps.settings.timings.slotGraceSeconds * 1000;
  let freed = 0;
  for (const slot of held.filter(({ sinceMs }) => sinceMs <= before)) {
    if (await isFreed(deps, lane, slot)) freed++;
  }
  return freed;
}

async function isFreed(deps: ReconcileDeps, lane: Lane, slot: HeldSlot): Promise<boolean> {
  try {
    if (await isHeldRightly(deps, slot)) return false;
    await deps.slots.release(lane, slot.key, slot.by);
    return true;
  } catch (error) {
    // It stays held, so the next pass looks again; what comes after it in this pass must not wait for it.
    deps.log.warn('slot not looked at', { slot: slot.key, reason: String(error) });
    return false;
  }
}

async function isHeldRightly(deps: ReconcileDeps, { key }: HeldSlot): Promise<boolean> {
  const at = key.lastIndexOf('#');
  const row = await deps.store.get(key.slice(0, at));
  return row !== undefined && row.attempt === Number(key.slice(at + 1)) && holdsSlot(row.status);
}

interface Pumped {
  woken: number;
  oldestQueuedSeconds: number;
}

/** Wake-ups are hints and may be lost: while there is a queue and a free slot, somebody has to be woken. */
async function pumpQueue(deps: ReconcileDeps): Promise<Pumped> {
  const pumped = await Promise.all(lanes.map((lane) => pumpLane(deps, lane)));
  return {
    woken: pumped.reduce((sum, { woken }) => sum + woken, 0),
    oldestQueuedSeconds: Math.max(...pumped.map(({ oldestQueuedSeconds }) => oldestQueuedSeconds)),
  };
}

async function pumpLane(deps: ReconcileDeps, lane: Lane): Promise<Pumped> {
  const head = await deps.store.queuedHead(lane, wakesPerPass);
  if (head.length === 0) return { woken: 0, oldestQueuedSeconds: 0 };
  const rows = await deps.store.getMany(head);
  const queued = rows.filter((row) => row.status === 'QUEUED');
  const nowMs = deps.clock.nowMs();
  const ages = queued.map((row) => (nowMs - (row.queuedAtMs ?? nowMs)) / 1000);
  const { held, stopped } = await deps.slots.read(lane);
  const free = stopped ? 0 : Math.max(0, slotLimit(lane, deps.settings) - held.length);
  const woken = Math.min(free, queued.length);
  for (let n = 0; n < woken; n++) await deps.queue.send({ v: 1 });
  return { woken, oldestQueuedSeconds: Math.round(Math.max(0, ...ages)) };
}
