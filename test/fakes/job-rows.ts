import { defaultCompute } from '#contracts/compute.ts';
import type { JobRow } from '#contracts/job-row.ts';

export const startMs = Date.parse('2026-11-15T12:00:00Z');

/** A queued echo job as it was accepted at `startMs`, with what a test changes about it. */
export function makeRow(changes: Partial<JobRow> = {}): JobRow {
  return {
    schemaVersion: 1,
    version: 1,
    id: 'job-1',
    type: 'echo',
    status: 'QUEUED',
    project: 'default',
    callerArn: 'arn:aws:iam::1:role/Client',
    requestSha256: 'aa'.repeat(32),
    priority: 'medium',
    lane: 'fargate',
    compute: defaultCompute,
    traceparent: '00-00000000000000000000000000000000-0000000000000000-00',
    inputKey: 'projects/default/inputs/bb.json',
    inputSha256: 'bb'.repeat(32),
    attempt: 0,
    failures: 0,
    interruptions: 0,
    maxAttempts: 3,
    delays: 0,
    timeoutSeconds: 3_600,
    createdAtMs: startMs,
    updatedAtMs: startMs,
    queuedAtMs: startMs,
    deadlineAtMs: startMs + 86_400_000,
    dependsOn: [],
    waiters: [],
    budgetMicroUsd: 1_000_000,
    grantedMicroUsd: 0,
    spentMicroUsd: 0,
    grants: 0,
    reservations: [],
    outbox: {},
    ...changes,
  };
}

/** The row as a worker has it that has begun its first attempt. */
export function makeRunning(changes: Partial<JobRow> = {}): JobRow {
  return makeRow({
    status: 'RUNNING',
    attempt: 1,
    claimedBy: 'c1',
    claimedAtMs: startMs,
    startedAtMs: startMs,
    leaseUntilMs: startMs + 180_000,
    timeoutAtMs: startMs + 3_600_000,
    sessionSha256: 'cc'.repeat(32),
    taskArn: 'task/job-1-1',
    ...changes,
  });
}
