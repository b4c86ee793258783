import type { Access } from '#contracts/access.ts';
import type { ReconcileRunsDeps } from '#core/runs/reconcile-run.ts';
import { fireSchedule } from '#core/schedules/fire-schedule.ts';
import type { ScheduleDeps } from '#core/schedules/schedule-deps.ts';
import { makeCalendar } from '../../../lib/adapters/calendar/cron-calendar.ts';
import type { Actor } from '../actor.ts';
import { caller } from '../clients.ts';
import type { FaultKind } from '../faults.ts';
import { type SimDeps, through } from '../sim-deps.ts';
import type { World } from '../world.ts';
import type { SimAlarms } from './sim-alarms.ts';

export type SimScheduleDeps = SimDeps & ScheduleDeps & ReconcileRunsDeps;

const fireTimeoutMs = 60_000;
const retryMs = 60_000;
const calendar = makeCalendar();

/** Whoever makes schedules; sometimes they may not use the projects any more. */
export const rights: Access = { [caller.arn]: { projects: '*', approver: true } };
const noRights: Access = { [caller.arn]: { projects: ['elsewhere'], approver: false } };

function requireAlarms({ alarms }: World): SimAlarms {
  if (!alarms) throw new Error('this world has no alarms');
  return alarms;
}

/** The ports as one process of a world with schedules has them. What is started is not worked on by anybody here. */
export function scheduleDepsOf(world: World, actor: Actor, deps: SimDeps): SimScheduleDeps {
  const { schedules } = world;
  const due = {
    due: async (nowMs: number, limit: number) =>
      schedules
        .due(nowMs)
        .slice(0, limit)
        .map((id) => ({ kind: 'schedule' as const, id })),
  };
  const idle = { send: async () => undefined, start: async () => ({ executionArn: 'arn:execution' }) };
  const made: SimScheduleDeps = {
    ...deps,
    runs: { ...deps.runs, ...through(world, actor, 'runs', due, ['due']) },
    queue: through(world, actor, 'queue', idle, ['send']),
    workflow: { ...deps.workflow, ...through(world, actor, 'states', idle, ['start']) },
    schedules: through(world, actor, 'schedules', schedules, [
      'get',
      'create',
      'replace',
      'listed',
      'onAlarms',
    ]),
    scheduler: through(world, actor, 'scheduler', { send: (ids) => invoke(world, ids) }, ['send']),
    calendar,
    alarms: through(world, actor, 'alarms', requireAlarms(world), ['read']),
    access: world.hasRights ? rights : noRights,
  };
  return world.mutant?.scheduleDeps?.(made, { world, actor }) ?? made;
}

/** Lambda takes the call and runs it some time: sometimes never, twice, or much later. */
async function invoke(world: World, ids: readonly string[]): Promise<void> {
  const fires = (kind: FaultKind) => world.faults.fires(kind, world.nowMs, `fire ${ids.length}`);
  const lateMs = (kind: FaultKind) => world.faults.stream(kind).int(1_000, 700_000);
  if (fires('lambda.throttled')) throw new Error('scheduler: too many requests');
  if (fires('lambda.dropped')) return;
  deliver(world, ids, fires('lambda.late') ? lateMs('lambda.late') : world.chance.int(5, 400), 2);
  if (fires('lambda.doubled')) deliver(world, ids, lateMs('lambda.doubled'), 0);
}

/** As the function does it: one that fails keeps none of the others waiting; one that dies is called again. */
function deliver(world: World, ids: readonly string[], afterMs: number, retries: number): void {
  world.scheduler.after(afterMs, () => {
    world
      .runFunction('schedules', 'fire', fireTimeoutMs, (deps, actor) => {
        const own = scheduleDepsOf(world, actor, deps);
        return Promise.allSettled(ids.map((id) => fireSchedule(own, id)));
      })
      .catch(() => {
        if (retries > 0) deliver(world, ids, retryMs, retries - 1);
      });
    return true;
  });
}
