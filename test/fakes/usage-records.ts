import type { Execution } from '#contracts/executions.ts';
import type { LedgerEntry } from '#core/ports/job-store.ts';
import { startMs } from './job-rows.ts';

/** One model call of `job-1` at `startMs`, with what a test changes about it. */
export function makeLedgerEntry(changes: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    jobId: 'job-1',
    project: 'default',
    key: '1/main/1',
    model: 'claude-sonnet-5-5',
    usage: { inputTokens: 10, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0 },
    microUsd: 70,
    atMs: startMs,
    ...changes,
  };
}

/** The first attempt of `job-1`, which took a second. */
export function makeExecution(changes: Partial<Execution> = {}): Execution {
  return {
    jobId: 'job-1',
    project: 'default',
    type: 'agent',
    attempt: 1,
    model: 'claude-sonnet-5-5',
    startedAtMs: startMs,
    endedAtMs: startMs + 1_000,
    outcome: 'SUCCEEDED',
    inputKey: 'projects/default/inputs/bb.json',
    ...changes,
  };
}
