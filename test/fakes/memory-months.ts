import type { GrantRequest, GrantReturn, Months, MonthView } from '#core/ports/months.ts';

export interface MonthNote {
  number: number;
  microUsd: number;
  totalMicroUsd: number;
}

export interface MonthState {
  project: string;
  month: string;
  committedMicroUsd: number;
  warnedAtMs?: number;
  /** From then on the reconciler is to tell people. */
  tellAtMs?: number | undefined;
  grants: Map<string, MonthNote>;
}

export interface MemoryMonthsOptions {
  /** Sees what a job keeps of its grants, once a job. */
  onReturn?(request: GrantReturn, keptMicroUsd: number): void;
}

/** What projects have committed, in memory. */
export class MemoryMonths implements Months {
  readonly months = new Map<string, MonthState>();
  readonly #options: MemoryMonthsOptions;

  constructor(options: MemoryMonthsOptions = {}) {
    this.#options = options;
  }

  async grant(request: GrantRequest): ReturnType<Months['grant']> {
    const { jobId, number, microUsd, capMicroUsd } = request;
    const month = this.#of(request.project, request.month);
    const note = month.grants.get(jobId);
    if (note?.number === number) this.#warn(month, request);
    if (note?.number === number) return { granted: true, microUsd: note.microUsd };
    if (note && note.number > number) {
      const ahead = { number: note.number, totalMicroUsd: note.totalMicroUsd };
      return { granted: true, microUsd: 0, ahead };
    }
    const follows = (note?.number ?? 0) === number - 1;
    if (!follows || month.committedMicroUsd + microUsd > capMicroUsd)
      return { granted: false, committedMicroUsd: month.committedMicroUsd };
    month.committedMicroUsd += microUsd;
    this.#warn(month, request);
    month.grants.set(jobId, { number, microUsd, totalMicroUsd: (note?.totalMicroUsd ?? 0) + microUsd });
    return { granted: true, microUsd };
  }

  #warn(month: MonthState, { warning }: GrantRequest): void {
    if (warning && month.warnedAtMs === undefined && month.committedMicroUsd >= warning.fromMicroUsd)
      Object.assign(month, { warnedAtMs: warning.nowMs, tellAtMs: warning.nowMs });
  }

  async read(project: string, month: string): Promise<MonthView | undefined> {
    const found = this.months.get(`${project} ${month}`);
    if (!found) return undefined;
    const { committedMicroUsd, warnedAtMs, tellAtMs } = found;
    return { committedMicroUsd, warnedAtMs, tellAtMs };
  }

  async claimTelling(project: string, month: string, tellAtMs: number, untilMs: number): Promise<boolean> {
    const found = this.#of(project, month);
    if (found.tellAtMs !== tellAtMs) return false;
    found.tellAtMs = untilMs;
    return true;
  }

  async warned(project: string, month: string): Promise<void> {
    this.#of(project, month).tellAtMs = undefined;
  }

  async giveBack(request: GrantReturn): Promise<void> {
    const { project, month, jobId, keptMicroUsd } = request;
    const state = this.#of(project, month);
    const note = state.grants.get(jobId);
    if (!note) return;
    state.grants.delete(jobId);
    const keptOfGrants = Math.min(note.totalMicroUsd, keptMicroUsd);
    state.committedMicroUsd -= note.totalMicroUsd - keptOfGrants;
    this.#options.onReturn?.(request, keptOfGrants);
  }

  #of(project: string, month: string): MonthState {
    const key = `${project} ${month}`;
    const found = this.months.get(key) ?? { project, month, committedMicroUsd: 0, grants: new Map() };
    this.months.set(key, found);
    return found;
  }
}
