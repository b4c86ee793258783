import type { CycleRow } from '#contracts/cycle-row.ts';
import type { GateRow } from '#contracts/gate.ts';
import type { JobRow } from '#contracts/job-row.ts';
import type { Lane } from '#contracts/lanes.ts';
import type { Timings } from '#contracts/limits.ts';
import type { RunRow } from '#contracts/run-row.ts';
import type { LedgerEntry } from '#core/ports/job-store.ts';
import type { ObjectHead } from '#core/ports/objects.ts';
import type { SlotState } from '#core/ports/slots.ts';

export interface MonthRecord {
  project: string;
  month: string;
  committedMicroUsd: number;
  /** Granted in all, by job, for those jobs that may still ask for more. */
  open: ReadonlyMap<string, number>;
}

export interface RunRecords {
  runs: readonly RunRow[];
  cycles: readonly CycleRow[];
  gates: readonly GateRow[];
  /** Keys of the reports that exist. */
  reports: ReadonlySet<string>;
}

/** What is stored, read row by row: rows first, then what they refer to. */
export interface AuditSnapshot {
  nowMs: number;
  rows: readonly JobRow[];
  slots: Readonly<Record<Lane, SlotState>>;
  ledger: readonly LedgerEntry[];
  months: readonly MonthRecord[];
  /** Heads of the results and workspaces that rows name, by key; a key that is not here has no object. */
  results: ReadonlyMap<string, ObjectHead>;
  /** Segments and results by key. Left out: transcripts are not looked at. */
  texts?: { of: ReadonlyMap<string, string>; sha256(text: string): string };
  /** Left out: runs are not looked at. */
  runs?: RunRecords;
  timings: Timings;
  maxConcurrentWorkers: number;
  maxConcurrentFunctions: number;
  projectMonthMicroUsd: number;
}

export interface AuditOptions {
  /**
   * Nothing is running and nothing is on its way, so nothing may be left over. Otherwise only what holds at any
   * moment is checked; a snapshot is not taken at one moment, so a finding counts when it is still there a
   * minute later.
   */
  isSettled: boolean;
}

export const invariants = [
  'terminal',
  'liveness',
  'single owner',
  'money',
  'result',
  'dependents',
  'outbox',
  'transcript',
  'paid once',
  'run ending',
  'run money',
  'cycle',
  'action',
  'approval',
] as const;
export type Invariant = (typeof invariants)[number];

export interface Finding {
  invariant: Invariant;
  /** A job, a slot, a project's month, a run, one of its cycles or actions, or a gate. */
  subject: string;
  message: string;
}
