import { isTerminal } from '#contracts/job-states.ts';
import type { World } from './world.ts';

/** So long may a state wait without anybody who will tell it: passes of the reconciler, and deliveries on their way. */
const waitMinutesMax = 6;
/** From the stop of a run to the stop of its last job. */
const stopMinutesMax = 8;

/** Looks once a minute, after faults have ceased, whether a run hangs, or goes on although it was stopped. */
export class RunJudge {
  readonly #world: World;
  readonly #minutes = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  get isAtRest(): boolean {
    const { runs, states } = this.#world;
    const isTold = ({ outbox }: { outbox: object }) => Object.keys(outbox).length === 0;
    const rows = [...runs.runs.rows.values()];
    return (
      rows.every((row) => row.endedAtMs !== undefined && row.checkAtMs === undefined && isTold(row)) &&
      [...runs.gates.rows.values()].every(isTold) &&
      [...runs.recoveries.rows.values()].every(isTold) &&
      [...states.executions.values()].every(({ status }) => status !== 'RUNNING')
    );
  }

  look(): void {
    const { states, journal, runs } = this.#world;
    for (const [token, { isBeingTold, execution }] of states.waiting) {
      const isHanging = !isBeingTold && !this.#willBeTold(token);
      if (this.#count(token, isHanging) > waitMinutesMax)
        journal.violate('liveness', `${execution.name} waits, and nobody will tell ${token}`);
    }
    for (const { id, status } of runs.runs.rows.values()) {
      const live = status === 'RUNNING' ? undefined : this.#liveJob(id);
      if (this.#count(id, live !== undefined) > stopMinutesMax)
        journal.violate('stop', `${id} is ${status}, and ${live} goes on`);
    }
    for (const { id, waitsFor } of runs.runs.rows.values()) {
      const decided = waitsFor.find((gate) => runs.gates.rows.get(gate)?.status !== 'PENDING');
      if (this.#count(`${id} waits`, decided !== undefined) > waitMinutesMax)
        journal.violate('approval', `${id} is shown as waiting for ${decided}, which is decided`);
    }
  }

  /** Minutes in a row. */
  #count(key: string, isSo: boolean): number {
    const minutes = isSo ? (this.#minutes.get(key) ?? 0) + 1 : 0;
    this.#minutes.set(key, minutes);
    return minutes;
  }

  /** By a job or a gate that has the token and is not over, or has it in its outbox. */
  #willBeTold(token: string): boolean {
    const { store, runs } = this.#world;
    const holds = (row: { token?: string | undefined; outbox: object }, isOpen: boolean) =>
      (isOpen && row.token === token) || JSON.stringify(row.outbox).includes(`"${token}"`);
    return (
      [...store.rows.values()].some((row) => holds(row, !isTerminal(row.status))) ||
      [...runs.gates.rows.values()].some((gate) => holds(gate, gate.status === 'PENDING')) ||
      [...runs.recoveries.rows.values()].some((row) => holds(row, row.status === 'WATCHING'))
    );
  }

  #liveJob(run: string): string | undefined {
    return [...this.#world.store.rows.values()].find(
      (row) => row.run?.id === run && !isTerminal(row.status) && row.stopCause === undefined,
    )?.id;
  }
}
