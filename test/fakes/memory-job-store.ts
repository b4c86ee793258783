import type { JobRow } from '#contracts/job-row.ts';
import type { Lane } from '#contracts/lanes.ts';
import type { Timings } from '#contracts/limits.ts';
import { indexesOf, type JobIndexes } from '#core/jobs/indexes.ts';
import type { JobStore, LeaseRenewal, ListedKey, ListQuery } from '#core/ports/job-store.ts';

/** How a write came about; `before` is missing for a new row. */
export type RowWrite = 'create' | 'replace' | 'renew';

export interface MemoryJobStoreOptions {
  timings: Timings;
  nowMs?(): number;
  /** Milliseconds until the indexes show a write; asked once a write. Default: at once. */
  indexLagMs?(): number;
  /** Sees every write that was accepted, at the moment of its acceptance. */
  onWrite?(before: JobRow | undefined, after: JobRow, how: RowWrite): void;
}

interface PendingIndexes {
  id: string;
  indexes: JobIndexes;
  visibleAtMs: number;
}

/** Job rows in memory, with the conditions and the index layout of the table, and indexes that may lag. */
export class MemoryJobStore implements JobStore {
  readonly rows = new Map<string, JobRow>();
  readonly #options: MemoryJobStoreOptions;
  readonly #visible = new Map<string, JobIndexes>();
  #pending: PendingIndexes[] = [];

  constructor(options: MemoryJobStoreOptions) {
    this.#options = options;
  }

  async get(id: string): Promise<JobRow | undefined> {
    return this.rows.get(id);
  }

  async getMany(ids: readonly string[]): Promise<JobRow[]> {
    return [...new Set(ids)].map((id) => this.rows.get(id)).filter((row) => row !== undefined);
  }

  async create(row: JobRow): Promise<boolean> {
    if (this.rows.has(row.id)) return false;
    this.write(row, 'create');
    return true;
  }

  async replace(row: JobRow): Promise<boolean> {
    const before = this.rows.get(row.id);
    if (!before || before.version !== row.version - 1) return false;
    this.write(row, 'replace');
    return true;
  }

  async renewLease({ id, attempt, sessionSha256, leaseUntilMs }: LeaseRenewal): Promise<boolean> {
    const before = this.rows.get(id);
    const isOurs = before?.attempt === attempt && before.sessionSha256 === sessionSha256;
    if (!isOurs || before.status !== 'RUNNING') return false;
    this.write({ ...before, leaseUntilMs, version: before.version + 1 }, 'renew');
    return true;
  }

  async queuedHead(lane: Lane, limit: number): Promise<string[]> {
    const keys: [string, string][] = [];
    for (const [id, { queuedShard, queuedKey }] of this.#indexes())
      if (queuedShard === lane && queuedKey !== undefined) keys.push([queuedKey, id]);
    return keys
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, limit)
      .map(([, id]) => id);
  }

  async due(nowMs: number, limit: number): Promise<string[]> {
    const found: [number, string][] = [];
    for (const [id, { dueAtMs }] of this.#indexes())
      if (dueAtMs !== undefined && dueAtMs <= nowMs) found.push([dueAtMs, id]);
    return found
      .sort(([a], [b]) => a - b)
      .slice(0, limit)
      .map(([, id]) => id);
  }

  async listed({ project, beforeKey, limit }: ListQuery): Promise<ListedKey[]> {
    const keys: ListedKey[] = [];
    for (const [id, { listShard, listKey }] of this.#indexes()) {
      const isBefore = beforeKey === undefined || listKey < beforeKey;
      if (listShard === `job#${project}` && isBefore) keys.push({ id, key: listKey });
    }
    return keys.sort((a, b) => (a.key < b.key ? 1 : -1)).slice(0, limit);
  }

  /** Stores without any condition: what the conditional writes end in, and a way to lay out a test's rows. */
  write(row: JobRow, how: RowWrite = 'replace'): void {
    const before = this.rows.get(row.id);
    const after = Object.freeze(withoutUndefined(row));
    this.rows.set(row.id, after);
    // Renewing a lease leaves the indexes alone, as the table's update does.
    if (how !== 'renew') this.#index(after);
    this.#options.onWrite?.(before, after, how);
  }

  #index(row: JobRow): void {
    const indexes = indexesOf(row, this.#options.timings);
    const lagMs = this.#options.indexLagMs?.() ?? 0;
    const isQueued = this.#pending.some(({ id }) => id === row.id);
    if (lagMs === 0 && !isQueued) this.#visible.set(row.id, indexes);
    else this.#pending.push({ id: row.id, indexes, visibleAtMs: this.#nowMs() + lagMs });
  }

  /** Writes to one row become visible in their order, those of different rows in any. */
  #indexes(): ReadonlyMap<string, JobIndexes> {
    if (this.#pending.length === 0) return this.#visible;
    const nowMs = this.#nowMs();
    const late = new Set<string>();
    this.#pending = this.#pending.filter((entry) => {
      if (entry.visibleAtMs > nowMs) late.add(entry.id);
      if (late.has(entry.id)) return true;
      this.#visible.set(entry.id, entry.indexes);
      return false;
    });
    return this.#visible;
  }

  #nowMs(): number {
    return this.#options.nowMs?.() ?? 0;
  }
}

/** The table does not keep what is undefined. */
function withoutUndefined(row: JobRow): JobRow {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as JobRow;
}
