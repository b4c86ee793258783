import * as z from 'zod';
import { efforts, modelMessage, toolResultBlock } from './conversation.ts';
import { tokenUsage } from './usage.ts';

export const toolFailures = ['unknown_tool', 'invalid_input', 'refused', 'failed'] as const;

/** What a conversation began with. A later attempt keeps to it, whatever the code says by then. */
const head = z.strictObject({
  kind: z.literal('head'),
  model: z.string(),
  system: z.string().optional(),
  /** Sorted by name; the digest is of name and definition as the model sees them. */
  tools: z.array(
    z.strictObject({
      name: z.string(),
      sha256: z.string(),
      definition: z
        .strictObject({ description: z.string(), inputSchema: z.record(z.string(), z.unknown()) })
        .optional(),
    }),
  ),
  effort: z.enum(efforts).optional(),
  promptSha256: z.string(),
});
export type HeadEntry = z.infer<typeof head>;

const message = z.strictObject({ kind: z.literal('message'), message: modelMessage });

/** Of one tool call. All results of a turn become one message, in the order of the calls. */
const result = z.strictObject({
  kind: z.literal('result'),
  block: toolResultBlock,
  /** Set exactly where the block is an error. `not_run`: the call was answered without being run. */
  failure: z.enum([...toolFailures, 'not_run', 'unknown_outcome']).optional(),
  milliseconds: z.number().int().nonnegative(),
});
export type ResultEntry = z.infer<typeof result>;

/** Of the answer before it. */
const usage = z.strictObject({
  kind: z.literal('usage'),
  turn: z.number().int().positive(),
  stopReason: z.string(),
  usage: tokenUsage,
  costMicroUsd: z.number().int().nonnegative(),
  /** As the provider names it. */
  model: z.string(),
  offline: z.boolean(),
  requestId: z.string().optional(),
  /** Set where no model was asked: the answer was in the response cache, and cost nothing. */
  cached: z.literal(true).optional(),
});
export type UsageEntry = z.infer<typeof usage>;

export const transcriptEntry = z.discriminatedUnion('kind', [head, message, result, usage]);
export type TranscriptEntry = z.infer<typeof transcriptEntry>;

/** A piece of a transcript: an immutable object. Entries are only ever added, in further segments. */
export const transcriptSegment = z.strictObject({
  v: z.literal(1),
  conversation: z.string(),
  segment: z.number().int().positive(),
  entries: z.array(transcriptEntry).min(1),
});
export type TranscriptSegment = z.infer<typeof transcriptSegment>;
