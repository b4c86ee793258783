import type { AlarmEvent } from '#contracts/alarm-event.ts';
import type { AlarmStates } from '#core/ports/alarm-states.ts';
import { fireAlarm } from '#core/schedules/fire-alarm.ts';
import type { FaultKind } from '../faults.ts';
import type { Rng } from '../rng.ts';
import type { World } from '../world.ts';
import { scheduleDepsOf } from './schedule-deps.ts';

const hearTimeoutMs = 60_000;
/** Lambda tries an event again after a minute, and then after two. */
const retryMs = 60_000;

/** How long an alarm is quiet, and how long it rings, in seconds. */
const manners = {
  Calm: { quiet: [3_600, 40_000], rings: [300, 7_200] },
  Flapping: { quiet: [20, 1_500], rings: [20, 900] },
} as const;
export type SimAlarmName = keyof typeof manners;
export const simAlarmNames = ['Calm', 'Flapping'] as const;

interface SimAlarm {
  isRinging: boolean;
  sinceMs: number;
}

/** CloudWatch, and EventBridge, which says when an alarm changes: sometimes never, twice, or much later. */
export class SimAlarms implements AlarmStates {
  readonly #world: World;
  readonly #alarms = new Map<string, SimAlarm>();

  constructor(world: World) {
    this.#world = world;
  }

  start(chance: Rng): void {
    for (const name of simAlarmNames) {
      this.#alarms.set(name, { isRinging: false, sinceMs: this.#world.nowMs });
      this.#waits(name, chance);
    }
  }

  async read(name: string) {
    const found = this.#alarms.get(name);
    const state = found?.isRinging ? ('ALARM' as const) : ('OK' as const);
    return found && { state, reason: 'simulated', sinceMs: found.sinceMs };
  }

  stateOf(name: string): SimAlarm {
    const found = this.#alarms.get(name);
    if (!found) throw new Error(`there is no alarm ${name}`);
    return found;
  }

  #waits(name: SimAlarmName, chance: Rng): void {
    const { quiet, rings } = manners[name];
    const [from, to] = this.stateOf(name).isRinging ? rings : quiet;
    this.#world.scheduler.after(chance.int(from, to) * 1000, () => {
      this.#turns(name);
      this.#waits(name, chance);
      return true;
    });
  }

  #turns(name: SimAlarmName): void {
    const { nowMs, faults, ticks, chance } = this.#world;
    const now = { isRinging: !this.stateOf(name).isRinging, sinceMs: nowMs };
    this.#alarms.set(name, now);
    if (now.isRinging) ticks?.rang(name);
    const event: AlarmEvent = {
      state: now.isRinging ? 'ALARM' : 'OK',
      facts: { name, sinceMs: nowMs, reason: 'simulated' },
    };
    const fires = (kind: FaultKind) => faults.fires(kind, nowMs, name);
    const lateMs = (kind: FaultKind) => faults.stream(kind).int(1_000, 400_000);
    if (fires('event.lost')) {
      ticks?.unheard(name, nowMs);
      return;
    }
    this.#tell(event, fires('event.late') ? lateMs('event.late') : chance.int(20, 1_500), 2);
    if (fires('event.doubled')) this.#tell(event, lateMs('event.doubled'), 0);
  }

  #tell(event: AlarmEvent, afterMs: number, retries: number): void {
    const world = this.#world;
    const { name, sinceMs } = event.facts;
    world.scheduler.after(afterMs, () => {
      world
        .runFunction('schedules', `${name} is ${event.state}`, hearTimeoutMs, (deps, actor) =>
          fireAlarm(scheduleDepsOf(world, actor, deps), event),
        )
        .catch(() => {
          if (retries > 0) this.#tell(event, retryMs * (3 - retries), retries - 1);
          else world.ticks?.unheard(name, sinceMs);
        });
      return true;
    });
  }
}
