import * as z from 'zod';
import { capacity } from './capacity.ts';
import { compute } from './compute.ts';
import { errorCodes } from './errors.ts';
import { attemptEnd } from './executions.ts';
import { failurePolicies, jobId, jobType } from './job-request.ts';
import { jobStatuses, stopCauses } from './job-states.ts';
import { priority } from './priorities.ts';
import { ms } from './scalars.ts';
import { microUsd, tokenUsage } from './usage.ts';

const count = z.number().int().nonnegative();

/** What must follow from a state change, kept in the row until it is done. Delivered at least once. */
export const outboxEntry = z.discriminatedUnion('kind', [
  /** Tell the dispatcher to look at the queue, and at this job first where `jobId` is given. */
  z.strictObject({ kind: z.literal('wake'), jobId: jobId.optional(), notBeforeMs: ms.optional() }),
  /** Write down how this attempt went, where that is given, free its slot, then wake the dispatcher. */
  z.strictObject({
    kind: z.literal('release'),
    attempt: z.number().int().positive(),
    execution: attemptEnd.optional(),
  }),
  /** Ask for this attempt's compute to be stopped. */
  z.strictObject({ kind: z.literal('stop'), attempt: z.number().int().positive() }),
  /** Look whether this job's parents have ended. */
  z.strictObject({ kind: z.literal('unblock'), jobId }),
  /** Give what was granted and not spent back to the project's month. */
  z.strictObject({ kind: z.literal('settle') }),
  /** Tell the waiting state that the job has ended. */
  z.strictObject({ kind: z.literal('token'), token: z.string() }),
  /** Tell whoever wants to know by HTTP that the job has ended. */
  z.strictObject({ kind: z.literal('webhook') }),
  /** Make the jobs that come next. */
  z.strictObject({ kind: z.literal('next') }),
]);
export type OutboxEntry = z.infer<typeof outboxEntry>;

export const reservation = z.strictObject({
  /** `<attempt>/<conversation>/<turn>`: one model call. */
  key: z.string(),
  attempt: z.number().int().positive(),
  /** Whose it is: the one thing that an attempt may still settle after it has lost the job. */
  sessionSha256: z.string(),
  model: z.string(),
  microUsd,
  /** Under which the answer may be kept in the response cache. */
  responseKey: z.string().optional(),
});
export type Reservation = z.infer<typeof reservation>;

export const jobError = z.strictObject({
  code: z.enum(errorCodes),
  message: z.string(),
  remedy: z.string().optional(),
});
export type JobError = z.infer<typeof jobError>;

/**
 * The segments of a conversation that one attempt wrote: from behind the attempt before it up to `upTo`. What a
 * worker stored that had lost its job is in no range, and so in no transcript.
 */
export const segmentRange = z.strictObject({
  attempt: z.number().int().positive(),
  upTo: z.number().int().positive(),
  /** Over all segments up to here: SHA-256 of the one before, then of the segment's own SHA-256, as hexadecimal. */
  sha256: z.string(),
});
export type SegmentRange = z.infer<typeof segmentRange>;

/** What outlives a worker: its transcript, by conversation, and its workspace. */
export const checkpoint = z.strictObject({
  conversations: z.record(z.string(), z.array(segmentRange).min(1)),
  workspace: z
    .strictObject({
      key: z.string(),
      sha256: z.string(),
      /** The attempt that stored it, and as the how-manieth of its workspaces. Left out: it lies in another place. */
      attempt: z.number().int().positive().optional(),
      number: z.number().int().positive().optional(),
    })
    .optional(),
});
export type Checkpoint = z.infer<typeof checkpoint>;

/** Where in a run a job stands. */
export const jobRun = z.strictObject({
  id: z.string(),
  cycle: z.number().int().positive(),
  /** Missing for a meeting and for the cycle's review. */
  action: z.number().int().positive().optional(),
  /** Whose work it is; of a meeting, the moderator's. */
  agent: z.string(),
  budgetMicroUsd: microUsd,
});
export type JobRun = z.infer<typeof jobRun>;

/**
 * A job as it is stored: one item, written whole under the condition that `version` is what was read.
 * Times are milliseconds since 1970. Bodies (input, result, transcript) are objects in S3.
 */
export const jobRow = z.strictObject({
  schemaVersion: z.literal(1),
  version: z.number().int().positive(),
  id: jobId,
  type: jobType,
  status: z.enum(jobStatuses),
  project: z.string(),
  callerArn: z.string(),
  requestSha256: z.string(),
  priority,
  lane: z.enum(['fargate', 'function']),
  compute,
  traceparent: z.string(),
  inputKey: z.string(),
  inputSha256: z.string(),
  /** The files that the job begins with: an archive that the client uploaded. */
  inputWorkspace: z.strictObject({ key: z.string(), sha256: z.string() }).optional(),

  attempt: z.number().int().nonnegative(),
  failures: z.number().int().nonnegative(),
  interruptions: z.number().int().nonnegative(),
  maxAttempts: z.number().int().positive(),
  /** How often in a row there was no capacity to start it; costs nothing, only stretches the back-off. */
  delays: z.number().int().nonnegative(),
  timeoutSeconds: z.number().int().positive(),

  createdAtMs: ms,
  updatedAtMs: ms,
  queuedAtMs: ms.optional(),
  notBeforeMs: ms.optional(),
  deadlineAtMs: ms,
  claimedAtMs: ms.optional(),
  startedAtMs: ms.optional(),
  timeoutAtMs: ms.optional(),
  leaseUntilMs: ms.optional(),
  /** When a blocked job looks at its parents although none has woken it. */
  checkAtMs: ms.optional(),
  /** When the reconciler tries again what it could not finish (an undelivered entry, an unverified stop). */
  retryAtMs: ms.optional(),
  /** Since when ECS has listed no task of the attempt that is to be stopped. */
  unseenSinceMs: ms.optional(),
  endedAtMs: ms.optional(),

  dependsOn: z.array(jobId),
  waiters: z.array(jobId),
  /** What becomes of it when one of `dependsOn` does not succeed; left out: it fails. */
  onFailure: z.enum(failurePolicies).optional(),
  /** The jobs that come next, as a document in the bucket. */
  next: z.strictObject({ key: z.string(), sha256: z.string(), jobs: z.array(jobId) }).optional(),
  callbackUrl: z.string().optional(),
  retryOf: jobId.optional(),
  model: z.string().optional(),
  /** Of a job with several agents: all that it may call. */
  models: z.array(z.string()).optional(),
  /** The run that it belongs to; its money comes out of the run's too. */
  run: jobRun.optional(),
  /** Of the state that waits for it: a bearer credential, never shown. */
  token: z.string().optional(),
  /** That the same state brought before, the latest last: one of them may be the one that still counts. */
  olderTokens: z.array(z.string()).optional(),
  /** Further archives that the worker gets, by name. */
  archives: z.record(z.string(), z.strictObject({ key: z.string(), sha256: z.string() })).optional(),

  /** What the current attempt was claimed for; left out in the function lane. */
  capacity: capacity.optional(),
  /** Spot had no room for it, or took it and never started it: from then on it goes on demand. */
  spotRefused: z.literal(true).optional(),

  /** Nonce of the dispatcher call that made the current claim. */
  claimedBy: z.string().optional(),
  ticketSha256: z.string().optional(),
  sessionSha256: z.string().optional(),
  taskArn: z.string().optional(),
  stopCause: z.enum(stopCauses).optional(),

  budgetMicroUsd: microUsd,
  grantedMicroUsd: microUsd,
  spentMicroUsd: microUsd,
  grants: z.number().int().nonnegative(),
  /** `YYYY-MM` of the project-month that the grants come from; fixed when a worker that may ask for one begins. */
  grantMonth: z.string().optional(),
  reservations: z.array(reservation),
  /** The latest turn that this attempt has put money aside for, by conversation. */
  turns: z.record(z.string(), z.number().int().positive()).optional(),
  usage: tokenUsage.optional(),
  /** By conversation: how many answers came from the response cache, and for which turn the last one did. */
  cachedAnswers: z.record(z.string(), z.strictObject({ attempt: count, turn: count, count })).optional(),

  checkpoint: checkpoint.optional(),
  result: z.strictObject({ key: z.string(), sha256: z.string(), bytes: z.number().int() }).optional(),
  offline: z.boolean().optional(),
  error: jobError.optional(),
  statusReason: z.string().optional(),

  outbox: z.record(z.string(), outboxEntry),
});
export type JobRow = z.infer<typeof jobRow>;
