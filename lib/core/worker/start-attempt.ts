import { AppError } from '#contracts/errors.ts';
import type { Checkpoint, JobRow, SegmentRange } from '#contracts/job-row.ts';
import { limits } from '#contracts/limits.ts';
import { segmentKey } from '#contracts/object-keys.ts';
import type { StartReply, StartRequest } from '#contracts/worker-protocol.ts';
import { type ChangeDeps, changeJob } from '#core/jobs/change-job.ts';
import { logFieldsOf } from '#core/jobs/log-fields.ts';
import { begin, halt } from '#core/jobs/transitions.ts';
import { isLaneStopped } from '#core/operations/is-stopped.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { type CredentialDeps, credentialFor, credentialsFor, remainingMsOf } from './credential-for.ts';
import { jobStopping, staleAttempt } from './fence.ts';
import { segmentsOf } from './record-segment.ts';

export type StartDeps = ChangeDeps &
  CredentialDeps &
  Deps<'digest' | 'objects' | 'metrics' | 'log' | 'slots'>;

/**
 * Binds one instance to the attempt. Repeating it gives the same session; another instance is refused, and so
 * is whoever does not hold the ticket that the dispatcher put into this very task. A worker whose claim was under way
 * when everything was stopped does not begin: its job goes back to the queue, at no cost to it.
 *
 * @throws AppError `stale_attempt`, `job_stopping`, `other_instance`, `forbidden` (wrong ticket), `not_found`
 */
export async function startAttempt(deps: StartDeps, request: StartRequest): Promise<StartReply> {
  const session = deps.digest.hmacSha256(
    request.ticket,
    `${request.jobId}|${request.attempt}|${request.instance}`,
  );
  const sessionSha256 = deps.digest.sha256(session);
  const { row, before, value } = await changeJob<{ isHalted?: boolean }>(
    deps,
    request.jobId,
    async (row, moment) => {
      requireTicket(deps, row, request);
      if (row.status === 'STARTING' && (await isLaneStopped(deps, row.lane)))
        return { next: halt(row, moment), value: { isHalted: true } };
      if (row.status === 'STARTING') return { next: begin(row, sessionSha256, moment), value: {} };
      if (row.sessionSha256 === sessionSha256) return { value: {} };
      throw new AppError(
        'other_instance',
        `attempt ${row.attempt} of job ${row.id} was started by another instance`,
      );
    },
  );
  if (value.isHalted) throw jobStopping(row);
  if (row !== before) deps.log.info('attempt started', logFieldsOf(row));
  if (row !== before && before.queuedAtMs !== undefined) {
    deps.metrics.count('QueueSeconds', (deps.clock.nowMs() - before.queuedAtMs) / 1000);
  }
  return replyTo(deps, row, session);
}

function requireTicket(deps: StartDeps, row: JobRow, request: StartRequest): void {
  if (row.attempt !== request.attempt) throw staleAttempt(row, request.attempt);
  if (row.ticketSha256 !== deps.digest.sha256(request.ticket)) {
    throw new AppError('forbidden', `this ticket does not open attempt ${request.attempt} of job ${row.id}`);
  }
  if (row.status === 'STOPPING') throw jobStopping(row);
  if (row.status !== 'STARTING' && row.status !== 'RUNNING') throw staleAttempt(row, request.attempt);
}

async function replyTo(deps: StartDeps, row: JobRow, session: string): Promise<StartReply> {
  const { heartbeatSeconds, leaseSeconds } = deps.settings.timings;
  const provider = await credentialFor(deps, row);
  return {
    session,
    job: {
      id: row.id,
      type: row.type,
      project: row.project,
      attempt: row.attempt,
      traceparent: row.traceparent,
      lane: row.lane,
    },
    input: {
      url: await deps.objects.presignGet(row.inputKey, limits.presignSeconds),
      sha256: row.inputSha256,
    },
    ...(row.inputWorkspace ? { workspace: await archiveOf(deps, row.inputWorkspace) } : {}),
    ...(row.archives ? { archives: await archivesOf(deps, row.archives) } : {}),
    ...(row.checkpoint ? { checkpoint: await checkpointOf(deps, row, row.checkpoint) } : {}),
    heartbeatSeconds,
    leaseSeconds,
    remainingMs: remainingMsOf(row, deps.clock.nowMs()),
    ...(provider ? { provider } : {}),
    ...(row.models ? { providers: await credentialsFor(deps, row, row.models) } : {}),
  };
}

async function archiveOf(deps: StartDeps, { key, sha256 }: { key: string; sha256: string }) {
  return { url: await deps.objects.presignGet(key, limits.presignSeconds), sha256 };
}

async function checkpointOf(deps: StartDeps, row: JobRow, { conversations, workspace }: Checkpoint) {
  const opened = await Promise.all(
    Object.entries(conversations).map(
      async ([name, ranges]) => [name, await conversationOf(deps, row, name, ranges)] as const,
    ),
  );
  return {
    conversations: Object.fromEntries(opened),
    ...(workspace ? { workspace: await archiveOf(deps, workspace) } : {}),
  };
}

async function conversationOf(
  deps: StartDeps,
  { project, id: jobId }: JobRow,
  conversation: string,
  ranges: readonly SegmentRange[],
) {
  const segments = await Promise.all(
    segmentsOf(ranges).map(async ({ segment, attempt }) => {
      const key = segmentKey({ project, jobId, conversation, segment, attempt });
      return { segment, url: await deps.objects.presignGet(key, limits.presignSeconds) };
    }),
  );
  return { segments, sha256: ranges.at(-1)?.sha256 ?? '' };
}

async function archivesOf(deps: StartDeps, archives: NonNullable<JobRow['archives']>) {
  const opened = await Promise.all(
    Object.entries(archives).map(async ([name, archive]) => [name, await archiveOf(deps, archive)] as const),
  );
  return Object.fromEntries(opened);
}
