import type { CycleRow } from '#contracts/cycle-row.ts';
import type { GateRow } from '#contracts/gate.ts';
import type { RecoveryRow } from '#contracts/recovery.ts';
import type { NumberedRunEvent, RunEvent } from '#contracts/run-events.ts';
import type { RunRow } from '#contracts/run-row.ts';
import type { ListedKey, ListQuery } from './job-store.ts';

/** Rows of one kind: written whole under the condition that nobody wrote in between. */
export interface Rows<Row extends { version: number }, Key> {
  /** Strongly consistent. */
  get(key: Key): Promise<Row | undefined>;
  /** False when there is one already. The row's version must be 1. */
  create(row: Row): Promise<boolean>;
  /** False when the stored version is not `row.version - 1`. */
  replace(row: Row): Promise<boolean>;
}

export interface CycleKey {
  run: string;
  cycle: number;
}

export interface DueRunItem {
  kind: 'run' | 'gate' | 'webhook' | 'schedule' | 'month' | 'recovery';
  /** Of a month: `<project>#<month>`. */
  id: string;
}

/** Runs, their cycles, and what people have to decide. */
export interface RunStore {
  runs: Rows<RunRow, string>;
  cycles: Rows<CycleRow, CycleKey> & {
    /** All of a run, the first one first. Strongly consistent. */
    ofRun(run: string): Promise<CycleRow[]>;
  };
  gates: Rows<GateRow, string>;
  recoveries: Rows<RecoveryRow, string>;
  /** Ids of a project's runs, the newest first; lags behind by what an index lags. */
  listedRuns(query: ListQuery): Promise<ListedKey[]>;
  listedGates(query: ListQuery & { pendingOnly: boolean }): Promise<ListedKey[]>;
  events: {
    /** One after the other: answers the number, which is the next one that is free. */
    say(run: string, event: RunEvent): Promise<number>;
    /** In order, from behind `after`. */
    read(run: string, after: number, limit: number): Promise<NumberedRunEvent[]>;
  };
  /** Waits for alarms that nobody has ended: `<alarm>#<id>`; lags behind by what an index lags. */
  watched(): Promise<ListedKey[]>;
  /** What the reconciler has to look at, the earliest first. */
  due(nowMs: number, limit: number): Promise<DueRunItem[]>;
}
