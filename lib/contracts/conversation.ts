import * as z from 'zod';
import { limits } from './limits.ts';

/** The protocols of model providers. Each has fields of its own that only it understands. */
export const modelApis = ['messages', 'responses', 'chat'] as const;
export type ModelApi = (typeof modelApis)[number];

/**
 * A piece of an answer as its provider sent it, for giving it back unchanged: signatures of thinking are bound
 * to every byte before them. Of no use to another protocol, which leaves it out.
 */
const raw = z.strictObject({ api: z.enum(modelApis), value: z.unknown() });
export type RawPart = z.infer<typeof raw>;

const textBlock = z.strictObject({
  type: z.literal('text'),
  text: z.string(),
  /** Only where the provider's block holds more than the text. */
  raw: raw.optional(),
});
export type TextBlock = z.infer<typeof textBlock>;

/** A block that Muster does not read (thinking, say). It goes back to the provider exactly as it came. */
const opaqueBlock = z.strictObject({ type: z.literal('opaque'), raw });
export type OpaqueBlock = z.infer<typeof opaqueBlock>;

const toolUseBlock = z.strictObject({
  type: z.literal('tool_use'),
  id: z.string().min(1),
  name: z.string(),
  /** Parsed JSON, not checked against the tool's schema; `{}` where `invalid` is given. */
  input: z.unknown(),
  /** Why this call must never be run: its input was cut off or is no JSON. One sentence, for the model too. */
  invalid: z.string().optional(),
  /** Only where the provider's block holds more than id, name and input. */
  raw: raw.optional(),
});
export type ToolUseBlock = z.infer<typeof toolUseBlock>;

export const toolResultBlock = z.strictObject({
  type: z.literal('tool_result'),
  toolUseId: z.string().min(1),
  content: z.string(),
  isError: z.boolean(),
});
export type ToolResultBlock = z.infer<typeof toolResultBlock>;

/** One block of a conversation, as segments of transcripts hold it in JSON. */
export const contentBlock = z.discriminatedUnion('type', [
  textBlock,
  opaqueBlock,
  toolUseBlock,
  toolResultBlock,
]);
export type ContentBlock = z.infer<typeof contentBlock>;

/**
 * Results of tools come first in the user message right after the calls, all in that one message.
 * `tool_use` and `opaque` stand in assistant messages only, `tool_result` in user messages only.
 */
export const modelMessage = z.strictObject({
  role: z.enum(['user', 'assistant']),
  content: z.array(contentBlock).readonly(),
});
export type ModelMessage = z.infer<typeof modelMessage>;

/** Identical requests are answered from what was answered before, if that is no older than so many hours. */
export const responseCache = z.strictObject({
  hours: z.number().positive().max(limits.responseCacheHours),
});
export type ResponseCache = z.infer<typeof responseCache>;

/** How hard a model is to think, as far as it can be told; left out, the provider's own default. */
export const efforts = ['low', 'medium', 'high', 'xhigh', 'max'] as const;
export type Effort = (typeof efforts)[number];
