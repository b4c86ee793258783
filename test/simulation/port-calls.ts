import type { Actor } from './actor.ts';
import type { FaultKind } from './faults.ts';
import type { World } from './world.ts';

type Fate = 'done' | 'error' | 'reply-lost' | 'sent-twice' | 'crash-before' | 'crash-after';

const tablePorts = /^(store|slots|months|ledger|executions|events|projects|notes|runs|schedules)\./;

/** Every call of a port is an event: it takes time, something else may happen first, and it may go wrong. */
export class PortCalls {
  readonly #world: World;
  readonly #outage: { fromMs: number; untilMs: number } | undefined;

  constructor(world: World) {
    this.#world = world;
    if (!world.faults.fires('table.outage', world.nowMs, 'table')) return;
    const chance = world.faults.stream('table.outage');
    const fromMs = world.nowMs + chance.int(5, 400) * 1000;
    this.#outage = { fromMs, untilMs: fromMs + chance.int(5, 150) * 1000 };
  }

  call<T>(actor: Actor, label: string, operation: () => Promise<T>, args: readonly unknown[]): Promise<T> {
    const world = this.#world;
    return new Promise((resolve, reject) => {
      if (!actor.isAlive) return;
      const fate = this.#fateOf(actor, label);
      world.scheduler.after(this.#delayMs(actor, label), () => {
        world.journal.trace(
          () => `${actor.name} ${label}(${brief(args)})${fate === 'done' ? '' : `  !${fate}`}`,
        );
        if (fate === 'crash-before') world.kill(actor);
        if (fate === 'crash-before') return true;
        if (fate === 'error') return world.answer(actor, () => reject(unavailable(label)));
        const outcome = world.as(actor, operation);
        if (fate === 'crash-after') world.kill(actor);
        if (fate === 'reply-lost') outcome.then(undefined, () => undefined);
        if (fate === 'reply-lost') return world.answer(actor, () => reject(unavailable(label)));
        if (fate === 'sent-twice') this.#again(actor, operation, outcome, resolve, reject);
        else this.#deliver(actor, outcome, resolve, reject);
        return true;
      });
    });
  }

  #deliver<T>(
    actor: Actor,
    outcome: Promise<T>,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ): void {
    outcome.then(
      (value) => this.#world.answer(actor, () => resolve(value)),
      (error: unknown) => this.#world.answer(actor, () => reject(error)),
    );
  }

  /** The SDK hears nothing of the first one and sends it again: only the second one's answer is seen. */
  #again<T>(
    actor: Actor,
    operation: () => Promise<T>,
    first: Promise<T>,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ): void {
    first.then(undefined, () => undefined);
    this.#world.scheduler.after(this.#world.faults.stream('port.sent-twice').int(20, 3_000), () => {
      this.#deliver(actor, this.#world.as(actor, operation), resolve, reject);
      return true;
    });
  }

  #fateOf(actor: Actor, label: string): Fate {
    const { faults, nowMs } = this.#world;
    const fires = (kind: FaultKind) => faults.fires(kind, nowMs, `${actor.name} ${label}`);
    if (tablePorts.test(label) && this.#isOut()) return 'error';
    if (actor.kind !== 'client' && actor.kind !== 'task' && fires('function.crash'))
      return faults.stream('function.crash').chance(0.5) ? 'crash-before' : 'crash-after';
    if (fires('port.error')) return 'error';
    if (fires('port.reply-lost')) return 'reply-lost';
    if (fires('port.sent-twice')) return 'sent-twice';
    return 'done';
  }

  #isOut(): boolean {
    const { nowMs, faults } = this.#world;
    return (
      !faults.isHealed &&
      this.#outage !== undefined &&
      nowMs >= this.#outage.fromMs &&
      nowMs < this.#outage.untilMs
    );
  }

  #delayMs(actor: Actor, label: string): number {
    const { faults, nowMs, chance } = this.#world;
    if (faults.fires('port.slow', nowMs, `${actor.name} ${label}`))
      return faults.stream('port.slow').int(500, 22_000);
    return chance.int(1, 30);
  }
}

/** What an adapter throws when AWS does not answer: no `AppError`, since nobody knows what came of it. */
function unavailable(label: string): Error {
  return new Error(`${label}: no answer`);
}

function brief(args: readonly unknown[]): string {
  return args
    .map((arg) => {
      const text = JSON.stringify(summary(arg)) ?? 'undefined';
      return text.length > 260 ? `${text.slice(0, 260)}…` : text;
    })
    .join(', ');
}

function summary(arg: unknown): unknown {
  if (typeof arg !== 'object' || arg === null || !('schemaVersion' in arg)) return arg;
  const { id, version, status, attempt, failures, outbox, stopCause, reservations, spentMicroUsd } =
    arg as Record<string, unknown>;
  return {
    id,
    version,
    status,
    attempt,
    failures,
    stopCause,
    spentMicroUsd,
    open: Array.isArray(reservations) ? reservations.length : 0,
    outbox: Object.keys(outbox ?? {}),
  };
}
