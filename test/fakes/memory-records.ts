import type { Execution } from '#contracts/executions.ts';
import type { JobEvent, NumberedEvent } from '#contracts/job-events.ts';
import type {
  DayQuery,
  EventLog,
  EventPosition,
  Executions,
  Ledger,
  LedgerEntry,
  ListQuery,
} from '#core/ports/job-store.ts';
import type { Projects } from '#core/ports/projects.ts';
import { executionPlace, ledgerPlace, ledgerShard } from '#core/usage/list-keys.ts';

/** Ledger entries in memory, each key once. */
export class MemoryLedger implements Ledger {
  readonly jobs = new Map<string, Map<string, LedgerEntry>>();

  async put(entry: LedgerEntry): Promise<void> {
    const entries = this.jobs.get(entry.jobId) ?? new Map<string, LedgerEntry>();
    this.jobs.set(entry.jobId, entries);
    if (!entries.has(entry.key)) entries.set(entry.key, entry);
  }

  async entries(jobId: string): Promise<LedgerEntry[]> {
    const entries = [...(this.jobs.get(jobId)?.values() ?? [])];
    return entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async ofDay({ project, day, afterKey = '', limit }: DayQuery) {
    return [...this.jobs.values()]
      .flatMap((entries) => [...entries.values()])
      .map((entry) => ({ ...ledgerPlace(entry), entry }))
      .filter(({ listShard, listKey }) => listShard === ledgerShard(project, day) && listKey > afterKey)
      .sort((a, b) => (a.listKey < b.listKey ? -1 : 1))
      .slice(0, limit)
      .map(({ listKey, entry }) => ({ key: listKey, entry }));
  }
}

/** Executions in memory, each attempt once. */
export class MemoryExecutions implements Executions {
  readonly entries = new Map<string, Execution>();

  async put(execution: Execution): Promise<void> {
    const key = `${execution.jobId}/${execution.attempt}`;
    if (!this.entries.has(key)) this.entries.set(key, execution);
  }

  async listed({ project, beforeKey, limit }: ListQuery) {
    return [...this.entries.values()]
      .filter((entry) => entry.project === project)
      .map((entry) => ({ key: executionPlace(entry).listKey, entry }))
      .filter(({ key }) => beforeKey === undefined || key < beforeKey)
      .sort((a, b) => (a.key < b.key ? 1 : -1))
      .slice(0, limit);
  }
}

interface Batch {
  attempt: number;
  firstSeq: number;
  events: readonly JobEvent[];
}

/** Events in memory, one entry a batch, each first number once. */
export class MemoryEventLog implements EventLog {
  readonly jobs = new Map<string, Batch[]>();

  async append(jobId: string, attempt: number, firstSeq: number, events: readonly JobEvent[]): Promise<void> {
    const batches = this.jobs.get(jobId) ?? [];
    this.jobs.set(jobId, batches);
    if (batches.some((batch) => batch.attempt === attempt && batch.firstSeq === firstSeq)) return;
    batches.push({ attempt, firstSeq, events });
    batches.sort((a, b) => a.attempt - b.attempt || a.firstSeq - b.firstSeq);
  }

  async read(jobId: string, after: EventPosition, limit: number): Promise<NumberedEvent[]> {
    return (this.jobs.get(jobId) ?? [])
      .flatMap(({ attempt, firstSeq, events }) =>
        events.map((event, index) => ({ ...event, attempt, seq: firstSeq + index })),
      )
      .filter(({ attempt, seq }) => attempt > after.attempt || (attempt === after.attempt && seq > after.seq))
      .slice(0, limit);
  }
}

export class MemoryProjects implements Projects {
  readonly names = new Set<string>();

  async note(project: string): Promise<void> {
    this.names.add(project);
  }

  async all(): Promise<string[]> {
    return [...this.names].sort();
  }
}
