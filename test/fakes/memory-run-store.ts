import type { CycleRow } from '#contracts/cycle-row.ts';
import type { GateRow } from '#contracts/gate.ts';
import type { Timings } from '#contracts/limits.ts';
import type { RecoveryRow } from '#contracts/recovery.ts';
import type { NumberedRunEvent, RunEvent } from '#contracts/run-events.ts';
import type { RunRow } from '#contracts/run-row.ts';
import type { ListedKey, ListQuery } from '#core/ports/job-store.ts';
import type { CycleKey, DueRunItem, RunStore } from '#core/ports/run-store.ts';
import {
  gateIndexes,
  gateShard,
  type RunIndexes,
  recoveryIndexes,
  recoveryShard,
  runIndexes,
  runShard,
} from '#core/runs/run-indexes.ts';
import { MemoryRows } from './memory-rows.ts';

export interface MemoryRunStoreOptions {
  timings: Timings;
  nowMs?(): number;
  /** Milliseconds until the indexes show a write; asked once a write. Default: at once. */
  indexLagMs?(): number;
  /** See every write that was accepted, at the moment of its acceptance. */
  onRun?(before: RunRow | undefined, after: RunRow): void;
  onCycle?(before: CycleRow | undefined, after: CycleRow): void;
  onGate?(before: GateRow | undefined, after: GateRow): void;
}

/** Runs, cycles and gates in memory, with the conditions and the index layout of the table. */
export class MemoryRunStore implements RunStore {
  readonly runs: MemoryRows<RunRow, string>;
  readonly cycles: MemoryRows<CycleRow, CycleKey> & Pick<RunStore['cycles'], 'ofRun'>;
  readonly gates: MemoryRows<GateRow, string>;
  readonly recoveries: MemoryRows<RecoveryRow, string>;
  readonly said = new Map<string, NumberedRunEvent[]>();

  constructor({ timings, onRun, onCycle, onGate, ...lag }: MemoryRunStoreOptions) {
    this.runs = new MemoryRows<RunRow, string>({
      ...lag,
      keyOf: (id) => id,
      keyOfRow: ({ id }) => id,
      indexes: (row) => runIndexes(row, timings),
      onWrite: onRun,
    });
    const cycles = new MemoryRows<CycleRow, CycleKey>({
      ...lag,
      keyOf: cycleKey,
      keyOfRow: cycleKey,
      onWrite: onCycle,
    });
    const ofRun = async (run: string) =>
      [...cycles.rows.values()].filter((row) => row.run === run).sort((a, b) => a.cycle - b.cycle);
    this.cycles = Object.assign(cycles, { ofRun });
    this.gates = new MemoryRows<GateRow, string>({
      ...lag,
      keyOf: (id) => id,
      keyOfRow: ({ id }) => id,
      indexes: (row) => gateIndexes(row, timings),
      onWrite: onGate,
    });
    this.recoveries = new MemoryRows<RecoveryRow, string>({
      ...lag,
      keyOf: (id) => id,
      keyOfRow: ({ id }) => id,
      indexes: (row) => ({ listShard: '', listKey: '', ...recoveryIndexes(row, timings) }),
    });
  }

  readonly events: RunStore['events'] = {
    say: async (run: string, event: RunEvent) => {
      const said = this.said.get(run) ?? [];
      this.said.set(run, [...said, { ...event, seq: said.length + 1 }]);
      return said.length + 1;
    },
    read: async (run, after, limit) =>
      (this.said.get(run) ?? []).filter(({ seq }) => seq > after).slice(0, limit),
  };

  async listedRuns({ project, ...range }: ListQuery): Promise<ListedKey[]> {
    return listed(this.runs.indexes(), runShard(project), range);
  }

  async listedGates({ project, pendingOnly, ...range }: ListQuery & { pendingOnly: boolean }) {
    return listed(this.gates.indexes(), gateShard(project, pendingOnly), range);
  }

  async watched(): Promise<ListedKey[]> {
    return listed(this.recoveries.indexes(), recoveryShard, { limit: 500 });
  }

  async due(nowMs: number, limit: number): Promise<DueRunItem[]> {
    const runs = dueOf(this.runs.indexes(), nowMs).map(({ id, atMs }) => ({
      kind: 'run' as const,
      id,
      atMs,
    }));
    const gates = dueOf(this.gates.indexes(), nowMs).map(({ id, atMs }) => ({
      kind: 'gate' as const,
      id,
      atMs,
    }));
    const recoveries = dueOf(this.recoveries.indexes(), nowMs).map((item) => ({
      kind: 'recovery' as const,
      ...item,
    }));
    return [...runs, ...gates, ...recoveries]
      .sort((a, b) => a.atMs - b.atMs)
      .slice(0, limit)
      .map(({ kind, id }) => ({ kind, id }));
  }
}

function cycleKey({ run, cycle }: CycleKey): string {
  return `${run} ${cycle}`;
}

function dueOf(indexes: ReadonlyMap<string, RunIndexes>, nowMs: number): { id: string; atMs: number }[] {
  return [...indexes].flatMap(([id, { dueAtMs }]) =>
    dueAtMs !== undefined && dueAtMs <= nowMs ? [{ id, atMs: dueAtMs }] : [],
  );
}

function listed(
  indexes: ReadonlyMap<string, RunIndexes>,
  shard: string,
  { beforeKey, limit }: Omit<ListQuery, 'project'>,
): ListedKey[] {
  return [...indexes]
    .filter(
      ([, { listShard, listKey }]) => listShard === shard && (beforeKey === undefined || listKey < beforeKey),
    )
    .map(([id, { listKey }]) => ({ id, key: listKey }))
    .sort((a, b) => (a.key < b.key ? 1 : -1))
    .slice(0, limit);
}
