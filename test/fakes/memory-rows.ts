import type { Rows } from '#core/ports/run-store.ts';
import type { RunIndexes } from '#core/runs/run-indexes.ts';

export interface MemoryRowsOptions<Row, Key> {
  keyOf(key: Key): string;
  keyOfRow(row: Row): string;
  /** Left out: rows of this kind are in no index. */
  indexes?: ((row: Row) => RunIndexes) | undefined;
  nowMs?: (() => number) | undefined;
  indexLagMs?: (() => number) | undefined;
  onWrite?: ((before: Row | undefined, after: Row) => void) | undefined;
}

interface Pending {
  key: string;
  indexes: RunIndexes;
  visibleAtMs: number;
}

/** Versioned rows of one kind in memory, written under the table's conditions, and indexes that may lag. */
export class MemoryRows<Row extends { version: number }, Key> implements Rows<Row, Key> {
  readonly rows = new Map<string, Row>();
  readonly #options: MemoryRowsOptions<Row, Key>;
  readonly #visible = new Map<string, RunIndexes>();
  #pending: Pending[] = [];

  constructor(options: MemoryRowsOptions<Row, Key>) {
    this.#options = options;
  }

  async get(key: Key): Promise<Row | undefined> {
    return this.rows.get(this.#options.keyOf(key));
  }

  async create(row: Row): Promise<boolean> {
    if (this.rows.has(this.#options.keyOfRow(row))) return false;
    this.write(row);
    return true;
  }

  async replace(row: Row): Promise<boolean> {
    if (this.rows.get(this.#options.keyOfRow(row))?.version !== row.version - 1) return false;
    this.write(row);
    return true;
  }

  /** Stores without any condition: what the conditional writes end in, and a way to lay out a test's rows. */
  write(row: Row): void {
    const key = this.#options.keyOfRow(row);
    const before = this.rows.get(key);
    // The table keeps no undefined fields, and nobody changes a row that was read.
    const after = Object.freeze(JSON.parse(JSON.stringify(row)) as Row);
    this.rows.set(key, after);
    this.#index(key, after);
    this.#options.onWrite?.(before, after);
  }

  /** As the index shows them now; writes to one row become visible in their order. */
  indexes(): ReadonlyMap<string, RunIndexes> {
    const nowMs = this.#options.nowMs?.() ?? 0;
    const late = new Set<string>();
    this.#pending = this.#pending.filter((entry) => {
      if (entry.visibleAtMs > nowMs) late.add(entry.key);
      if (late.has(entry.key)) return true;
      this.#visible.set(entry.key, entry.indexes);
      return false;
    });
    return this.#visible;
  }

  #index(key: string, row: Row): void {
    const indexes = this.#options.indexes?.(row);
    if (!indexes) return;
    const lagMs = this.#options.indexLagMs?.() ?? 0;
    const isQueued = this.#pending.some((entry) => entry.key === key);
    if (lagMs === 0 && !isQueued) this.#visible.set(key, indexes);
    else this.#pending.push({ key, indexes, visibleAtMs: (this.#options.nowMs?.() ?? 0) + lagMs });
  }
}
