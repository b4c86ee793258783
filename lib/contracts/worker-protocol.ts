import * as z from 'zod';
import { errorCodes } from './errors.ts';
import { jobEvent } from './job-events.ts';
import { jobId, jobType } from './job-request.ts';
import { checkpoint } from './job-row.ts';
import { uploadTarget } from './job-view.ts';
import { limits } from './limits.ts';
import { tokenUsage } from './usage.ts';

/** Control plane and worker agree on this number, or `start` refuses. */
export const protocolVersion = 1;

const hex64 = z.string().regex(/^[0-9a-f]{64}$/);
const attempt = z.number().int().positive();

export const startRequest = z.strictObject({
  protocolVersion: z.literal(protocolVersion, {
    message: `must be ${protocolVersion}: the worker image and the control plane are of different versions; deploy again`,
  }),
  jobId,
  attempt,
  /** What RunTask carried. */
  ticket: hex64,
  /** Chosen by the worker when it boots; the first one to start binds the attempt. */
  instance: hex64,
});
export type StartRequest = z.infer<typeof startRequest>;

export const startReply = z.strictObject({
  session: hex64,
  job: z.strictObject({
    id: jobId,
    type: jobType,
    project: z.string(),
    attempt,
    traceparent: z.string(),
  }),
  input: z.strictObject({ url: z.string(), sha256: z.string() }),
  checkpoint: z
    .strictObject({ url: z.string(), conversation: z.string(), turn: z.number().int(), sha256: z.string() })
    .optional(),
  heartbeatSeconds: z.number().positive(),
  leaseSeconds: z.number().positive(),
  /** Milliseconds that are left to this attempt, by the control plane's clock. */
  remainingMs: z.number().int(),
  /** The one credential that this job needs; never written anywhere. */
  provider: z
    .strictObject({ name: z.literal('anthropic'), apiKey: z.string(), baseUrl: z.string().optional() })
    .optional(),
});
export type StartReply = z.infer<typeof startReply>;

/** Every later call names the attempt and carries the session token. */
const session = z.strictObject({ jobId, attempt, session: hex64 });
export type WorkerSession = z.infer<typeof session>;

export const heartbeatRequest = session;
export const heartbeatReply = z.strictObject({
  /** The worker stops at once when this is true; its next calls would be refused. */
  stop: z.boolean(),
  leaseSeconds: z.number().positive(),
});
export type HeartbeatReply = z.infer<typeof heartbeatReply>;

export const settlement = z.strictObject({
  conversation: z.string().min(1).max(100),
  turn: z.number().int().positive(),
  model: z.string(),
  usage: tokenUsage,
});
export type Settlement = z.infer<typeof settlement>;

export const turnRequest = session.extend({
  settle: settlement.optional(),
  checkpoint: checkpoint.optional(),
  reserve: z
    .strictObject({
      conversation: z.string().min(1).max(100),
      turn: z.number().int().positive(),
      model: z.string(),
      /** No more input tokens than this: UTF-8 bytes of the request are a safe bound. */
      inputTokensMax: z.number().int().nonnegative(),
      maxTokens: z.number().int().positive(),
    })
    .optional(),
});
export type TurnRequest = z.infer<typeof turnRequest>;
export const turnReply = z.strictObject({
  reservedMicroUsd: z.number().int(),
  spentMicroUsd: z.number().int(),
});
export type TurnReply = z.infer<typeof turnReply>;

export const eventsRequest = session.extend({
  firstSeq: z.number().int().positive(),
  events: z.array(jobEvent).min(1).max(limits.eventsPerCall),
});
export type EventsRequest = z.infer<typeof eventsRequest>;

export const workerUploadsRequest = session.extend({
  files: z
    .array(
      z.strictObject({
        /** `result.json`, or a path below `artifacts/`. */
        name: z
          .string()
          .regex(/^(result\.json|artifacts\/[A-Za-z0-9._/-]{1,200})$/)
          .refine((n) => !n.includes('..')),
        sha256: hex64,
        bytes: z.number().int().min(0).max(limits.uploadBytes),
      }),
    )
    .min(1)
    .max(limits.uploadFiles),
});
export type WorkerUploadsRequest = z.infer<typeof workerUploadsRequest>;
export const workerUploadsReply = z.strictObject({
  files: z.array(uploadTarget.extend({ name: z.string() })),
});
export type WorkerUploadsReply = z.infer<typeof workerUploadsReply>;

export const finishRequest = session.extend({
  settle: settlement.optional(),
  outcome: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('succeeded'),
      result: z.strictObject({ sha256: hex64, bytes: z.number().int().positive().max(limits.resultBytes) }),
      offline: z.boolean().optional(),
    }),
    z.strictObject({
      kind: z.literal('failed'),
      error: z.strictObject({
        code: z.enum(errorCodes),
        message: z.string().max(4_000),
        remedy: z.string().max(1_000).optional(),
        retryable: z.boolean(),
      }),
    }),
    /** The worker was told to stop (Spot, a deployment, a laptop closing) and gives its lease back. */
    z.strictObject({ kind: z.literal('interrupted'), reason: z.string().max(500) }),
  ]),
});
export type FinishRequest = z.infer<typeof finishRequest>;
export const finishReply = z.strictObject({ status: z.string() });

/** What the dispatcher hands to a container, and the worker reads at its start. */
export const workerEnvironment = {
  apiUrl: 'MUSTER_API_URL',
  jobId: 'JOB_ID',
  attempt: 'MUSTER_ATTEMPT',
  ticket: 'MUSTER_TICKET',
  traceparent: 'TRACEPARENT',
} as const;

export const wakeMessage = z.strictObject({
  v: z.literal(1),
  jobId: jobId.optional(),
  traceparent: z.string().optional(),
});
export type WakeMessage = z.infer<typeof wakeMessage>;
