import type { CycleRow } from '#contracts/cycle-row.ts';
import type { RunRow } from '#contracts/run-row.ts';
import type { World } from './world.ts';

const bounds = { fromSeconds: 600, everySeconds: 1_800, toSeconds: 7_200 };
/** Clocks of functions differ by so much. */
const skewMs = 4_500;
/** From the moment at which a cycle may begin: passes of the reconciler, and what a start takes. */
const lateMsMax = 5 * 60_000;

/** Whether cycles begin when their rhythm says, none is left out, and the rhythm is what it says it is. */
export class RhythmOracle {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** At every write of a cycle, in the moment of its acceptance. */
  see(before: CycleRow | undefined, after: CycleRow): void {
    if (!before) this.#begins(after);
    else if (before.end === undefined && after.end !== undefined) this.#ends(after);
  }

  /** Once a minute, when faults have ceased: somebody has to begin what may begin. */
  look(): void {
    const { runs, nowMs } = this.#world;
    for (const run of runs.runs.rows.values()) {
      const fromMs = run.status === 'RUNNING' ? this.#dueMs(run) : undefined;
      if (fromMs === undefined || runs.cycles.rows.has(`${run.id} ${run.cycle}`)) continue;
      if (nowMs > Math.max(fromMs, this.#world.faults.healedAtMs) + lateMsMax)
        this.#say(run, `cycle ${run.cycle} was forgotten: it might have begun at ${iso(fromMs)}`);
    }
  }

  /** When the run's latest cycle may begin, as its predecessor has left it. */
  #dueMs({ id, cycle }: Pick<RunRow, 'id' | 'cycle'>): number | undefined {
    if (cycle === 1) return undefined;
    const last = this.#world.runs.cycles.rows.get(`${id} ${cycle - 1}`);
    if (last?.endedAtMs === undefined) return undefined;
    const seconds = last.interval?.seconds ?? Number.NaN;
    return Math.max(last.startedAtMs + seconds * 1_000, last.endedAtMs);
  }

  #begins({ run: id, cycle, startedAtMs }: CycleRow): void {
    const fromMs = this.#dueMs({ id, cycle });
    if (cycle > 1 && fromMs === undefined)
      this.#say({ id }, `cycle ${cycle} began while the one before it went on, or was left out`);
    if (fromMs !== undefined && !(startedAtMs >= fromMs - skewMs))
      this.#say({ id }, `cycle ${cycle} began at ${iso(startedAtMs)}, before ${iso(fromMs)}`);
  }

  #ends(row: CycleRow): void {
    const run = this.#world.runs.runs.rows.get(row.run);
    if (run?.status !== 'RUNNING' || row.end === 'StoppedByPerson' || row.end === 'OutOfBudget') return;
    const { seconds = Number.NaN, reason = '' } = row.interval ?? {};
    const last = this.#world.runs.cycles.rows.get(`${row.run} ${row.cycle - 1}`);
    const wanted = this.#wanted(row, last?.interval?.seconds ?? bounds.everySeconds);
    const say = (message: string) => this.#say(run, `cycle ${row.cycle}: ${message}`);
    if (!(seconds >= bounds.fromSeconds && seconds <= bounds.toSeconds))
      say(`the next begins after ${seconds} s, out of bounds`);
    if (seconds !== wanted.seconds) say(`the next begins after ${seconds} s instead of ${wanted.seconds}`);
    if (!wanted.why.test(reason)) say(`"${reason}" does not say why: ${wanted.why.source}`);
    this.#world.journal.countEnd(`interval ${wanted.name}`);
  }

  /** Told once more, from the statuses alone. */
  #wanted({ actions, end }: CycleRow, before: number): { name: string; seconds: number; why: RegExp } {
    const { fromSeconds, everySeconds, toSeconds } = bounds;
    const isOpen = actions.some(({ status }) => status !== 'DONE' && status !== 'SKIPPED');
    if (isOpen) {
      const half = Math.floor(Math.min(before, everySeconds) / 2);
      const why = /: of \d+ actions?, .*\d+ (failed|unproven|carried over|broken off)/;
      return { name: 'shorter', seconds: Math.max(half, fromSeconds), why };
    }
    if (end === 'NoGo' || (end === 'Done' && actions.length === 0)) {
      const twice = 2 * Math.max(before, everySeconds);
      const why = /not to go ahead|nothing to do/;
      return { name: 'longer', seconds: Math.min(twice, toSeconds), why };
    }
    return { name: 'as usual', seconds: everySeconds, why: /^A cycle every 30 min 00 s .*: \S/ };
  }

  #say({ id }: Pick<RunRow, 'id'>, message: string): void {
    this.#world.journal.violate('rhythm', `${id}: ${message} (by ${this.#world.writer?.name ?? 'nobody'})`);
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
