import { Rng } from './rng.ts';

/**
 * Everything that may go wrong, with how often it does per occasion where a seed has it switched on (a seed
 * draws its own rate up to this one).
 */
export const jobFaultRates = {
  /** A call of a port fails before anything was done. */
  'port.error': 0.06,
  /** It was done, and the reply never arrived. */
  'port.reply-lost': 0.05,
  /** The reply was lost and the SDK sent the call again by itself. */
  'port.sent-twice': 0.08,
  /** It takes seconds. */
  'port.slow': 0.06,
  /** A function dies at a call: before or after what it had asked for is done. */
  'function.crash': 0.02,
  /** A minute or two in which the table answers nothing. */
  'table.outage': 0.7,
  'net.lost': 0.08,
  'net.reply-lost': 0.08,
  /** A request that is under way for longer than a lease. */
  'net.late': 0.05,
  'queue.lost': 0.25,
  'queue.doubled': 0.2,
  'queue.late': 0.15,
  'index.queued-and-due-lag': 0.6,
  'ecs.no-capacity': 0.25,
  'ecs.refused': 0.03,
  /** The task was started; the reply was lost, and the SDK's next try was throttled. */
  'ecs.disowned': 0.06,
  'ecs.missing': 0.5,
  'ecs.stop-lost': 0.3,
  'task.never-boots': 0.06,
  'task.unstarted': 0.05,
  'task.killed': 0.1,
  'task.spot': 0.1,
  /** Stands still for longer than its lease, and goes on as if nothing had been. */
  'task.paused': 0.15,
  /** ECS says STOPPED, and the process goes on: its host had lost contact. */
  'task.ghost': 0.5,
  /** Hears no stop and minds no lease. */
  'task.deaf': 0.3,
  'event.lost': 0.4,
  'event.doubled': 0.3,
  'event.late': 0.3,
  'reconciler.skipped': 0.3,
  'reconciler.doubled': 0.3,
  'clock.skewed': 0.5,
  'model.error': 0.1,
  'lambda.throttled': 0.15,
  /** Taken and never delivered. */
  'lambda.dropped': 0.1,
  'lambda.doubled': 0.25,
  'lambda.late': 0.25,
  'lambda.killed': 0.15,
  /** The provider's stream breaks off after it has begun to cost. */
  'model.cut': 0.2,
  /** A request that arrives twice. */
  'net.doubled': 0.05,
  /** At a named point of the work: the process dies, is told to go, or stands still for longer than its lease. */
  'work.killed': 0.03,
  'work.told': 0.02,
  'work.paused': 0.02,
} as const;

/** What else may go wrong where cycles run. */
export const runFaultRates = {
  /** An execution breaks off without Close. */
  'states.died': 0.25,
  /** It is interpreted anew from its start, with new tokens. */
  'states.replayed': 0.35,
  /** A state gives up its token before anybody has told it. */
  'states.timed-out': 0.06,
  'states.invoked-twice': 0.15,
  /** The step did its work; Step Functions was not told so, and calls it again. */
  'states.reply-lost': 0.08,
  'states.event-lost': 0.4,
  /** Comes twice, each time when it likes. */
  'states.event-late': 0.5,
} as const;
/** What else may go wrong where there are schedules. */
export const scheduleFaultRates = {
  /** Minutes or hours in which nobody looks. */
  'reconciler.outage': 0.0015,
} as const;
export const faultRates = { ...jobFaultRates, ...runFaultRates, ...scheduleFaultRates };
export type FaultKind = keyof typeof faultRates;
export const jobFaultKinds = Object.keys(jobFaultRates) as FaultKind[];
/** In this order: a kind that comes behind the others changes nothing about what those draw. */
export const faultKinds = Object.keys(faultRates) as FaultKind[];

export interface Injection {
  kind: FaultKind;
  /** Which occurrence of its kind, from 1: with the kind, its name for taking it out again. */
  number: number;
  atMs: number;
  where: string;
}

export function injectionName({ kind, number }: Pick<Injection, 'kind' | 'number'>): string {
  return `${kind}#${number}`;
}

/**
 * Which faults a seed has (about half of them, each at its own rate) and when they fire. Each kind draws from a
 * stream of its own, so taking one out leaves the others as they were for as long as possible.
 */
export class Faults {
  readonly injected: Injection[] = [];
  isHealed = false;
  /** From then on nothing goes wrong any more. */
  healedAtMs = Number.POSITIVE_INFINITY;
  readonly #rates = new Map<FaultKind, number>();
  readonly #streams = new Map<FaultKind, Rng>();
  readonly #counts = new Map<FaultKind, number>();
  readonly #left: ReadonlySet<string>;

  /** @param left names of injections, or whole kinds, that are left out */
  constructor(seed: number, left: ReadonlySet<string> = new Set()) {
    this.#left = left;
    const swarm = new Rng(seed, 'swarm');
    for (const kind of faultKinds) {
      const isOn = swarm.chance(0.45);
      const rate = faultRates[kind] * swarm.pick([0.3, 1, 2]);
      if (isOn && !left.has(kind)) this.#rates.set(kind, rate);
      this.#streams.set(kind, new Rng(seed, kind));
    }
  }

  fires(kind: FaultKind, atMs: number, where: string): boolean {
    const rate = this.#rates.get(kind);
    if (rate === undefined || this.isHealed) return false;
    if (!this.stream(kind).chance(rate)) return false;
    const number = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, number);
    if (this.#left.has(`${kind}#${number}`)) return false;
    this.injected.push({ kind, number, atMs, where });
    return true;
  }

  /** Chance for how a fault of this kind goes. */
  stream(kind: FaultKind): Rng {
    const stream = this.#streams.get(kind);
    if (!stream) throw new Error(`no stream for ${kind}`);
    return stream;
  }
}
