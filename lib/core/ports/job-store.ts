import type { Execution } from '#contracts/executions.ts';
import type { JobEvent, NumberedEvent } from '#contracts/job-events.ts';
import type { JobRow } from '#contracts/job-row.ts';
import type { Lane } from '#contracts/lanes.ts';
import type { TokenUsage } from '#contracts/usage.ts';

export interface LeaseRenewal {
  id: string;
  attempt: number;
  sessionSha256: string;
  leaseUntilMs: number;
}

export interface ListQuery {
  project: string;
  /** Only keys below this one (lists run from the newest). */
  beforeKey?: string;
  limit: number;
}

export interface ListedKey {
  id: string;
  /** `<created>#<id>`: sorts by time, over all projects alike. */
  key: string;
}

/** The job rows. Reads by id are strongly consistent; index queries may lag and only ever give hints. */
export interface JobStore {
  get(id: string): Promise<JobRow | undefined>;
  /** Rows by id in any order; those that do not exist are left out. Strongly consistent. */
  getMany(ids: readonly string[]): Promise<JobRow[]>;
  /** False when the id is taken. The row's version must be 1. */
  create(row: JobRow): Promise<boolean>;
  /** Writes the whole row under the condition that the stored version is `row.version - 1`. False when it is not. */
  replace(row: JobRow): Promise<boolean>;
  /** One blind write for the common case; false when the row is not RUNNING at that attempt and session. */
  renewLease(renewal: LeaseRenewal): Promise<boolean>;
  /** Ids of a lane's claimable jobs, best first. */
  queuedHead(lane: Lane, limit: number): Promise<string[]>;
  /** Ids whose due time is not after `nowMs`, earliest first. */
  due(nowMs: number, limit: number): Promise<string[]>;
  listed(query: ListQuery): Promise<ListedKey[]>;
}

export interface LedgerEntry {
  jobId: string;
  project: string;
  /** `<attempt>/<conversation>/<turn>`, and `/cached` behind it where nothing was paid. */
  key: string;
  model: string;
  usage: TokenUsage;
  microUsd: number;
  /** Set where the answer came from the response cache: what it would have cost. `usage` is nothing then. */
  savedMicroUsd?: number | undefined;
  atMs: number;
  /** Of a run's jobs: which run, and which agent of its team was asked. */
  run?: string | undefined;
  agent?: string | undefined;
}

/** What was spent, one entry a model call, written once. */
export interface Ledger {
  /** Writing the same key again changes nothing. */
  put(entry: LedgerEntry): Promise<void>;
  entries(jobId: string): Promise<LedgerEntry[]>;
  /** What a project spent on a day (`YYYY-MM-DD`, UTC), from the earliest; lags behind by what an index lags. */
  ofDay(query: DayQuery): Promise<ListedEntry<LedgerEntry>[]>;
}

export interface DayQuery {
  project: string;
  day: string;
  /** Only entries behind this one. */
  afterKey?: string;
  limit: number;
}

/** With the key that a list goes on from. */
export interface ListedEntry<T> {
  key: string;
  entry: T;
}

/** How attempts went: one entry an attempt that has ended, written once. */
export interface Executions {
  /** Writing the same attempt again changes nothing. */
  put(execution: Execution): Promise<void>;
  /** Of a project, those that ended last first; lags behind by what an index lags. */
  listed(query: ListQuery): Promise<ListedEntry<Execution>[]>;
}

export interface EventPosition {
  attempt: number;
  seq: number;
}

/** What workers say. Append-only; numbers run from 1 within an attempt. */
export interface EventLog {
  /** Writing the same first number of the same attempt again changes nothing. */
  append(
    jobId: string,
    attempt: number,
    firstSeq: number,
    events: readonly JobEvent[],
    expiresAtMs: number,
  ): Promise<void>;
  /** In order, from behind `after`, across attempts; may have gaps, which the reader stops at. */
  read(jobId: string, after: EventPosition, limit: number): Promise<NumberedEvent[]>;
}
