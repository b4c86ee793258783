import { lanes } from '#contracts/lanes.ts';
import { changeJob } from '#core/jobs/change-job.ts';
import { type RelayDeps, relay } from '#core/jobs/relay.ts';
import { halt } from '#core/jobs/transitions.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { slotKey } from '#core/ports/slots.ts';

export type HaltDeps = RelayDeps & Deps<'tasks' | 'cluster'>;

/** Hundreds of workers have to be told within the time that one request has. */
const atOnce = 16;

/** Stops every worker while the switch is pulled. The reconciler repeats it until none is left. */
export async function haltAll(deps: HaltDeps): Promise<void> {
  for (const lane of lanes) {
    const { held, stopped } = await deps.slots.read(lane);
    if (!stopped) continue;
    const keys = held.map(({ key }) => key);
    await eachAtOnce(deps, keys, (key) => haltJob(deps, key.slice(0, key.lastIndexOf('#'))));
    if (lane === 'fargate') await eachAtOnce(deps, [keys], (known) => stopStrays(deps, known));
  }
}

async function haltJob(deps: RelayDeps, id: string): Promise<void> {
  if (!(await deps.store.get(id))) return;
  const { row, before } = await changeJob(deps, id, (row, moment) => {
    const isActive = row.status === 'STARTING' || row.status === 'RUNNING';
    return { next: isActive ? halt(row, moment) : undefined, value: undefined };
  });
  if (row !== before) await relay(deps, row);
}

/** A task whose attempt holds no slot: no row leads to it, so nobody else would ever stop it. */
async function stopStrays(deps: HaltDeps, heldKeys: readonly string[]): Promise<void> {
  const strays = (await deps.cluster.alive()).filter(({ startedFor, isToldToStop }) => {
    const isHeld = startedFor && heldKeys.includes(slotKey(startedFor.jobId, startedFor.attempt));
    return !isToldToStop && !isHeld;
  });
  await eachAtOnce(deps, strays, ({ taskArn }) => deps.tasks.stop(taskArn, 'everything was stopped'));
}

/** The others must not run on because of one; the reconciler comes back to it within a minute. */
async function eachAtOnce<T>(deps: RelayDeps, items: readonly T[], work: (item: T) => Promise<void>) {
  const attempt = async (item: T) => {
    try {
      await work(item);
    } catch (error) {
      deps.metrics.count('DeliveryFailures');
      deps.log.warn('worker not stopped', { worker: item, reason: String(error) });
    }
  };
  for (let from = 0; from < items.length; from += atOnce)
    await Promise.all(items.slice(from, from + atOnce).map(attempt));
}
