export interface CallCount {
  /** The label of the principal that signed. */
  caller: string;
  service: string;
  operation: string;
  count: number;
}

/** Counts AWS calls by who made them, so that a bench can say what one job costs. */
export class CallCounter {
  readonly #counts = new Map<string, CallCount>();

  add(caller: string, service: string, operation: string): void {
    const key = JSON.stringify([caller, service, operation]);
    const row = this.#counts.get(key) ?? { caller, service, operation, count: 0 };
    row.count += 1;
    this.#counts.set(key, row);
  }

  list(): CallCount[] {
    return [...this.#counts.values()].map((row) => ({ ...row }));
  }

  reset(): void {
    this.#counts.clear();
  }
}
