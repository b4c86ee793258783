import type { Caller } from '#contracts/access.ts';
import { lanes } from '#contracts/lanes.ts';
import type { WorkersView } from '#contracts/operations.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { slotLimit } from '#core/ports/slots.ts';

/** How many workers there are and may be, and the kill switch; for those who may touch every project. */
export async function readWorkers(
  deps: Deps<'slots' | 'settings'>,
  caller: Caller,
): Promise<WorkersView | undefined> {
  if (caller.projects !== '*') return undefined;
  const states = await Promise.all(lanes.map((lane) => deps.slots.read(lane)));
  const stopped = states.find((state) => state.stopped)?.stopped;
  return {
    lanes: lanes.map((lane, index) => ({
      lane,
      held: states[index]?.held.length ?? 0,
      limit: slotLimit(lane, deps.settings),
    })),
    ...(stopped ? { stopped: { by: stopped.by, at: new Date(stopped.atMs).toISOString() } } : {}),
  };
}
