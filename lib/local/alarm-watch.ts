import { type Alarm, type AlarmState, type Judgement, judge } from './alarms.ts';
import type { MetricStore } from './metric-store.ts';

/** An alarm that has gone from one state to another. */
export interface AlarmChange {
  alarm: Alarm;
  before: AlarmState;
  after: AlarmState;
}

interface Watched {
  alarm: Alarm;
  state: AlarmState;
  /** What somebody has set, until the alarm is judged again. */
  set?: Judgement & { untilMs: number };
}

/** CloudWatch judges an alarm again within a minute, and then what was set is gone. */
const setStateMs = 60_000;

export interface AlarmWatchOptions {
  store: MetricStore;
  now(): number;
  onChange(change: AlarmChange): void;
}

/** Every alarm with the state that it was last seen in. */
export class AlarmWatch {
  readonly #options: AlarmWatchOptions;
  readonly #watched: Watched[] = [];

  constructor(options: AlarmWatchOptions) {
    this.#options = options;
  }

  add(alarm: Alarm): void {
    const reason = 'Unchecked: Initial alarm creation';
    const state: AlarmState = { state: 'INSUFFICIENT_DATA', reason, sinceMs: alarm.createdAtMs };
    this.#watched.push({ alarm, state });
  }

  /** False where there is no such alarm. */
  set(name: string, judgement: Judgement): boolean {
    const found = this.#watched.find(({ alarm }) => alarm.name === name);
    if (!found) return false;
    found.set = { ...judgement, untilMs: this.#options.now() + setStateMs };
    this.judge();
    return true;
  }

  /** Judges every alarm now, and says which have changed. */
  judge(): readonly { alarm: Alarm; state: AlarmState }[] {
    for (const watched of this.#watched) this.#judgeOne(watched);
    return this.#watched;
  }

  #judgeOne(watched: Watched): void {
    const { store, now, onChange } = this.#options;
    const { alarm, set, state: before } = watched;
    const isSet = set !== undefined && set.untilMs > now();
    const { state, reason } = isSet ? set : judge(alarm, store, now());
    const hasChanged = state !== before.state;
    watched.state = { state, reason, sinceMs: hasChanged ? now() : before.sinceMs };
    if (hasChanged) onChange({ alarm, before, after: watched.state });
  }
}
