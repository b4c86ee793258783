import * as z from 'zod';
import { capacity } from './capacity.ts';
import { compute } from './compute.ts';
import { jobId, jobType } from './job-request.ts';
import { jobError } from './job-row.ts';
import { jobStatuses } from './job-states.ts';
import { priority } from './priorities.ts';
import { time } from './scalars.ts';
import { submission } from './tools.ts';
import { tokenUsage } from './usage.ts';

/** Where to look further. On AWS console addresses, elsewhere what makes sense there. */
export const jobLinks = z.strictObject({
  console: z.string().optional(),
  executionArn: z.string().optional(),
  taskArn: z.string().optional(),
  logGroup: z.string().optional(),
  logStream: z.string().optional(),
  s3Uri: z.string().optional(),
});
export type JobLinks = z.infer<typeof jobLinks>;

/** A job, as every route returns it. */
export const jobView = z
  .strictObject({
    id: jobId,
    type: jobType,
    status: z.enum(jobStatuses),
    project: z.string(),
    priority,
    lane: z.enum(['fargate', 'function']),
    /** Of a worker in a container. */
    compute: compute.optional(),
    /** What the latest attempt runs or ran on. */
    capacity: capacity.optional(),
    attempt: z.number().int(),
    failures: z.number().int(),
    maxAttempts: z.number().int(),
    createdAt: time,
    startedAt: time.optional(),
    endedAt: time.optional(),
    timeoutSeconds: z.number().int(),
    run: z.string().optional(),
    action: z.string().optional(),
    dependsOn: z.array(jobId).optional(),
    /** The jobs that come next, whether they exist already or not. */
    next: z.array(jobId).optional(),
    retryOf: jobId.optional(),
    model: z.string().optional(),
    usage: tokenUsage.optional(),
    /** Answers that were in the response cache, and cost nothing. */
    cachedAnswers: z.number().int().optional(),
    costUsd: z.number(),
    error: jobError.optional(),
    statusReason: z.string().optional(),
    links: jobLinks,
  })
  .meta({ id: 'Job' });
export type JobView = z.infer<typeof jobView>;

export const echoResult = z
  .strictObject({ message: z.string(), processedBy: z.string(), processedAt: time })
  .meta({ id: 'EchoResult' });
export type EchoResult = z.infer<typeof echoResult>;

/** Present where the answer was in the response cache, and cost nothing. */
const cached = z.literal(true).optional();
/** How many of its answers were in the response cache; left out: none. */
const cachedAnswers = z.number().int().optional();

export const chatResult = z
  .strictObject({
    text: z.string(),
    model: z.string(),
    stopReason: z.string(),
    usage: tokenUsage,
    costUsd: z.number(),
    cached,
    /** Present where the offline model wrote the words. */
    offline: z.literal(true).optional(),
  })
  .meta({ id: 'ChatResult' });
export type ChatResult = z.infer<typeof chatResult>;

const modelWork = {
  model: z.string(),
  usage: tokenUsage,
  costUsd: z.number(),
  /** Present where the offline model wrote the words. */
  offline: z.literal(true).optional(),
};

export const codeResult = z
  .strictObject({
    code: z.string(),
    language: z.string(),
    explanation: z.string(),
    stopReason: z.string(),
    cached,
    ...modelWork,
  })
  .meta({ id: 'CodeResult' });
export type CodeResult = z.infer<typeof codeResult>;

export const researchResult = z
  .strictObject({
    topic: z.string(),
    summary: z.string(),
    questions: z.array(z.strictObject({ question: z.string(), answer: z.string() })),
    cachedAnswers,
    ...modelWork,
  })
  .meta({ id: 'ResearchResult' });
export type ResearchResult = z.infer<typeof researchResult>;

/** What can end an agent before it has handed in its result. */
export const caps = ['turns', 'time', 'idle', 'budget', 'repetition', 'strikes', 'context'] as const;
export type Cap = (typeof caps)[number];

/** A file of the workspace that is not as it was when the job began. */
export const workspaceChange = z.strictObject({
  path: z.string(),
  change: z.enum(['added', 'modified', 'deleted']),
  /** Afterwards; 0 for a deleted one. */
  bytes: z.number().int(),
  sha256: z.string().optional(),
  linesBefore: z.number().int().optional(),
  linesAfter: z.number().int().optional(),
});
export type WorkspaceChange = z.infer<typeof workspaceChange>;

export const agentResult = z
  .strictObject({
    ...submission.shape,
    turns: z.number().int(),
    /** Which cap ended it; then the rest is what there was until then. */
    stopped: z.strictObject({ cap: z.enum(caps), message: z.string() }).optional(),
    files: z.array(workspaceChange),
    /** Changed files beyond those that are listed. */
    moreFiles: z.number().int().optional(),
    workspace: z
      .strictObject({ name: z.literal('artifacts/workspace.tar.zst'), sha256: z.string(), bytes: z.number() })
      .optional(),
    cachedAnswers,
    ...modelWork,
  })
  .meta({ id: 'AgentResult' });
export type AgentResult = z.infer<typeof agentResult>;

/** A file that can be fetched with a plain GET until `expiresAt`. */
export const fileView = z
  .strictObject({
    path: z.string(),
    url: z.string(),
    sha256: z.string().optional(),
    bytes: z.number().int(),
    expiresAt: time,
  })
  .meta({ id: 'File' });
export type FileView = z.infer<typeof fileView>;

export const uploadTarget = z
  .strictObject({
    sha256: z.string(),
    url: z.string(),
    /** Headers that the PUT must carry; they are part of the signature. */
    headers: z.record(z.string(), z.string()),
    expiresAt: time,
  })
  .meta({ id: 'UploadTarget' });
export type UploadTarget = z.infer<typeof uploadTarget>;

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
    retryable: z.boolean(),
    remedy: z.string().optional(),
    faults: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
    traceId: z.string().optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problem>;
