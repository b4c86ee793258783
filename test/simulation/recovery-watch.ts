import type { Courier } from '#core/ports/courier.ts';
import { lookAtRecovery } from '#core/runs/recovery/look-at-recovery.ts';
import type { FaultKind } from './faults.ts';
import type { World } from './world.ts';

const lookTimeoutMs = 60_000;

/** The function that looks at alarms: called without anybody waiting for it, and now and then twice or not at all. */
export function makeWatcher(world: World): Courier {
  return {
    send: async (ids) => {
      const fires = (kind: FaultKind) => world.faults.fires(kind, world.nowMs, 'look');
      if (fires('lambda.dropped')) return;
      look(world, ids, fires('lambda.late') ? world.faults.stream('lambda.late').int(1_000, 90_000) : 50);
      if (fires('lambda.doubled')) look(world, ids, world.faults.stream('lambda.doubled').int(50, 90_000));
    },
  };
}

function look(world: World, ids: readonly string[], afterMs: number): void {
  const alarms = { read: async () => alarmOf(world) };
  world.scheduler.after(afterMs, () => {
    world
      .runFunction('schedules', 'look', lookTimeoutMs, (deps) =>
        Promise.allSettled(ids.map((id) => lookAtRecovery({ ...deps, alarms }, id))),
      )
      .catch(() => undefined);
    return true;
  });
}

function alarmOf({ nowMs, alarmOverAtMs }: World) {
  const state: 'OK' | 'ALARM' = nowMs >= alarmOverAtMs ? 'OK' : 'ALARM';
  return { state, reason: `It is ${state}.` };
}
