import { defaultCompute } from '#contracts/compute.ts';
import type { JobInput } from '#contracts/job-input.ts';
import type { JobRequest } from '#contracts/job-request.ts';
import type { JobRow } from '#contracts/job-row.ts';
import { toMicroUsd } from '#contracts/usage.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { momentOf } from './change-job.ts';
import { laneOf } from './lane.ts';

/** What a row begins with, besides the time. */
export interface NewJob
  extends Pick<
    JobRow,
    | 'id'
    | 'callerArn'
    | 'requestSha256'
    | 'inputSha256'
    | 'inputKey'
    | 'inputWorkspace'
    | 'archives'
    | 'traceparent'
    | 'retryOf'
    | 'run'
    | 'token'
    | 'next'
  > {
  request: JobRequest;
  input: JobInput;
}

/** A job that has just been accepted: QUEUED, or BLOCKED behind the jobs that it depends on. */
export function newJobRow(deps: Deps<'clock' | 'random' | 'settings'>, given: NewJob): JobRow {
  const { request, input, ...fields } = given;
  const { nowMs, timings } = momentOf(deps);
  const isBlocked = request.dependsOn.length > 0;
  return {
    schemaVersion: 1,
    version: 1,
    ...fields,
    type: request.type,
    status: isBlocked ? 'BLOCKED' : 'QUEUED',
    project: request.project,
    priority: request.priority,
    lane: laneOf(input, deps.settings.forceFargate),
    compute: request.compute ?? defaultCompute,
    attempt: 0,
    failures: 0,
    interruptions: 0,
    delays: 0,
    maxAttempts: request.maxAttempts,
    timeoutSeconds: request.timeoutSeconds,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    deadlineAtMs: nowMs + request.deadlineSeconds * 1000,
    ...(isBlocked ? { checkAtMs: nowMs + timings.outboxRetrySeconds * 1000 } : { queuedAtMs: nowMs }),
    dependsOn: request.dependsOn,
    waiters: [],
    ...(request.onFailure === undefined ? {} : { onFailure: request.onFailure }),
    ...(request.callbackUrl === undefined ? {} : { callbackUrl: request.callbackUrl }),
    ...modelFieldsOf(input),
    budgetMicroUsd:
      request.budgetUsd === undefined ? deps.settings.jobBudgetMicroUsd : toMicroUsd(request.budgetUsd),
    grantedMicroUsd: 0,
    spentMicroUsd: 0,
    grants: 0,
    reservations: [],
    outbox: isBlocked ? {} : { wake: { kind: 'wake', jobId: given.id } },
  };
}

/** The model that answers for the job, and where there are several, all of them. */
function modelFieldsOf(input: JobInput): Pick<JobRow, 'model' | 'models'> {
  const [model, ...others] = modelsOf(input);
  if (model === undefined) return {};
  return others.length === 0 && input.type !== 'meeting' ? { model } : { model, models: [model, ...others] };
}

/** Every model that a job may call, each once. Of a meeting, the moderator's comes first. */
export function modelsOf(input: JobInput): string[] {
  switch (input.type) {
    case 'echo':
      return [];
    case 'review':
      return [input.payload.agent.model];
    case 'meeting': {
      const { members, moderator } = input.payload;
      const first = members.filter(({ id }) => id === moderator);
      return [...new Set([...first, ...members].map(({ model }) => model))];
    }
    default:
      return [input.payload.model];
  }
}
