import * as z from 'zod';
import { errorCodes } from './errors.ts';
import { jobEvent } from './job-events.ts';
import { jobId, jobType } from './job-request.ts';
import { uploadTarget } from './job-view.ts';
import { limits } from './limits.ts';
import { providerCredential } from './provider-keys.ts';
import { responseKey, wholeAnswer } from './response-cache.ts';
import { hex64 } from './scalars.ts';
import { plainName, toolLimits } from './tools.ts';
import { tokenUsage } from './usage.ts';

/** Control plane and worker agree on this number, or `start` refuses. */
export const protocolVersion = 2;

/** A conversation's name becomes part of object keys. */
export const conversationName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/);

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
    /** Default `fargate`. */
    lane: z.enum(['fargate', 'function']).optional(),
  }),
  input: z.strictObject({ url: z.string(), sha256: z.string() }),
  /** The archive that the job begins with. */
  workspace: z.strictObject({ url: z.string(), sha256: hex64 }).optional(),
  /** Further archives, by name. */
  archives: z.record(z.string(), z.strictObject({ url: z.string(), sha256: hex64 })).optional(),
  /** What earlier attempts have left: go on from here. */
  checkpoint: z
    .strictObject({
      conversations: z.record(
        conversationName,
        z.strictObject({
          /** From 1, in order. */
          segments: z.array(z.strictObject({ segment: z.number().int().positive(), url: z.string() })),
          /** Over all of them, as `segmentRange` in the row says. */
          sha256: hex64,
        }),
      ),
      workspace: z.strictObject({ url: z.string(), sha256: hex64 }).optional(),
    })
    .optional(),
  heartbeatSeconds: z.number().positive(),
  leaseSeconds: z.number().positive(),
  /** Milliseconds that are left to this attempt, by the control plane's clock. */
  remainingMs: z.number().int(),
  /** The one credential that this job needs; never written anywhere. */
  provider: providerCredential.optional(),
  /** Of a job with several models: what opens each of them. */
  providers: z.record(z.string(), providerCredential).optional(),
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
  conversation: conversationName,
  turn: z.number().int().positive(),
  model: z.string(),
  usage: tokenUsage,
  /** To be kept for requests like this one, under the key that the money was put aside with. */
  response: wholeAnswer.optional(),
});
export type Settlement = z.infer<typeof settlement>;

export const turnRequest = session.extend({
  settle: settlement.optional(),
  /** A new segment of a conversation's transcript. The same again changes nothing. */
  record: z
    .strictObject({
      conversation: conversationName,
      /** From 1, each one more than the last, across attempts. */
      segment: z.number().int().positive().max(999_999),
      /** JSON text of `segment` in `transcript.ts`. */
      body: z.string().min(2).max(limits.segmentBytes),
    })
    .optional(),
  /**
   * What `uploads` took under `workspace/<number>-<sha256>.tar.zst`: belongs to what is recorded up to and with this
   * call. Numbers go up within an attempt.
   */
  workspace: z
    .strictObject({
      number: z.number().int().positive().max(999_999),
      sha256: hex64,
      bytes: z.number().int().positive(),
    })
    .optional(),
  reserve: z
    .strictObject({
      conversation: conversationName,
      turn: z.number().int().positive(),
      model: z.string(),
      /** No more input tokens than this: UTF-8 bytes of the request are a safe bound. */
      inputTokensMax: z.number().int().nonnegative(),
      maxTokens: z.number().int().positive(),
      /** Whoever puts money aside with a key may keep the answer under it. */
      responseKey: responseKey.optional(),
      /** An answer that is no older is good enough, and then no money is put aside. Left out: none is looked for. */
      maxAgeHours: z.number().positive().max(limits.responseCacheHours).optional(),
    })
    .optional(),
});
export type TurnRequest = z.infer<typeof turnRequest>;
export type SegmentRecord = NonNullable<TurnRequest['record']>;
export type ReserveRequest = NonNullable<TurnRequest['reserve']>;
export const turnReply = z.strictObject({
  reservedMicroUsd: z.number().int(),
  spentMicroUsd: z.number().int(),
  /** The answer is known: nothing was put aside, nothing is to be settled. */
  response: wholeAnswer.optional(),
});
export type TurnReply = z.infer<typeof turnReply>;

export const eventsRequest = session.extend({
  firstSeq: z.number().int().positive(),
  events: z.array(jobEvent).min(1).max(limits.eventsPerCall),
});
export type EventsRequest = z.infer<typeof eventsRequest>;
/** `watched`: somebody looks on, so that it is worth while to say things sooner. */
export const eventsReply = z.object({ watched: z.boolean().default(false) });
export type EventsReply = z.infer<typeof eventsReply>;

export const workerUploadsRequest = session.extend({
  files: z
    .array(
      z.strictObject({
        /** `result.json`, a workspace by its number and content, or a path below `artifacts/`. */
        name: z
          .string()
          .regex(
            /^(result\.json|workspace\/[1-9][0-9]{0,5}-[0-9a-f]{64}\.tar\.zst|artifacts\/[A-Za-z0-9._/-]{1,200})$/,
          )
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

const noteVersion = z.number().int().min(0).max(1_000_000_000);
const note = z.strictObject({ text: z.string(), version: noteVersion });

/** One thing about the notes that all jobs of a scope share. */
export const notesRequest = session.extend({
  want: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('list') }),
    z.strictObject({ kind: z.literal('get'), key: plainName }),
    z.strictObject({
      kind: z.literal('put'),
      key: plainName,
      text: z.string().max(toolLimits.noteCharacters),
      /** What is stored must be of this version; 0: nothing must be stored. */
      expectedVersion: noteVersion,
    }),
  ]),
});
export type NotesRequest = z.infer<typeof notesRequest>;
export const notesReply = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('list'),
    notes: z.array(
      z.strictObject({ key: z.string(), version: noteVersion, characters: z.number().int().min(0) }),
    ),
  }),
  z.strictObject({ kind: z.literal('note'), note: note.optional() }),
  z.strictObject({ kind: z.literal('written'), version: noteVersion }),
  /** Nothing was written; `current` is what is stored, where there is something. */
  z.strictObject({ kind: z.literal('conflict'), current: note.optional() }),
]);
export type NotesReply = z.infer<typeof notesReply>;

const artifactPath = z
  .string()
  .regex(/^[A-Za-z0-9._-][A-Za-z0-9._/-]{0,199}$/)
  .refine((path) => !path.includes('..'));

/** About the artifacts of this job, its earlier attempts included, or of another one of its scope. */
export const artifactsRequest = session.extend({
  /** Default: the job itself. */
  job: jobId.optional(),
  /** The artifact that is wanted. Left out: a list of all. */
  path: artifactPath.optional(),
});
export type ArtifactsRequest = z.infer<typeof artifactsRequest>;
export const artifactsReply = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('list'), paths: z.array(z.string()) }),
  z.strictObject({ kind: z.literal('file'), url: z.string(), bytes: z.number().int().min(0) }),
  z.strictObject({ kind: z.literal('none') }),
]);
export type ArtifactsReply = z.infer<typeof artifactsReply>;

const storedResult = z.strictObject({
  sha256: hex64,
  bytes: z.number().int().positive().max(limits.resultBytes),
});

export const finishRequest = session.extend({
  settle: settlement.optional(),
  outcome: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('succeeded'),
      result: storedResult,
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
      /** What there is all the same: a capped agent's partial work. Only read where the job ends here. */
      result: storedResult.optional(),
      offline: z.boolean().optional(),
    }),
    /**
     * The worker was told to stop (Spot, a deployment, a laptop closing), or its time slice is over, and it gives
     * its lease back. In the function lane it also says, while the job is STOPPING, that nothing runs any more.
     */
    z.strictObject({ kind: z.literal('interrupted'), reason: z.string().max(500) }),
  ]),
});
export type FinishRequest = z.infer<typeof finishRequest>;
export const finishReply = z.strictObject({ status: z.string() });

/** Rights that end before an attempt may: `model` opens the job's own model, as what `start` has handed out does. */
export const credentialsRequest = session.extend({
  capability: z.enum(['model']),
  /** Of a job with several models: which of them. Default: the job's own. */
  model: z.string().max(100).optional(),
});
export type CredentialsRequest = z.infer<typeof credentialsRequest>;
export const credentialsReply = z.strictObject({ provider: providerCredential });
export type CredentialsReply = z.infer<typeof credentialsReply>;
