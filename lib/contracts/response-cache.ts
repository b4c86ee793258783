import * as z from 'zod';
import { tokenUsage } from './usage.ts';

/** An answer as the cache keeps it: whole, and without anything that is bound to the conversation it was given in. */
export const wholeAnswer = z.strictObject({
  content: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('text'), text: z.string() }),
        z.strictObject({
          type: z.literal('tool_use'),
          id: z.string().min(1),
          name: z.string(),
          input: z.unknown(),
        }),
      ]),
    )
    .min(1),
  stopReason: z.enum(['end_turn', 'tool_use']),
  /** As the provider names it. */
  model: z.string(),
  offline: z.boolean(),
});
export type WholeAnswer = z.infer<typeof wholeAnswer>;

/** SHA-256 of the exact request, and of where it is sent. */
export const responseKey = z.string().regex(/^[0-9a-f]{64}$/);

/** The object of an answer. What does not read as one, to the byte, is none. */
export const storedResponse = z.strictObject({
  v: z.literal(1),
  key: responseKey,
  storedAtMs: z.number().int().nonnegative(),
  /** Which call gave it: `<job>/<attempt>/<conversation>/<turn>`. */
  from: z.string(),
  /** Muster's id of the model, and what the answer has used: what it would cost to ask again. */
  model: z.string(),
  usage: tokenUsage,
  /** JSON text of a whole answer, and its digest. */
  answer: z.string(),
  sha256: z.string(),
});
export type StoredResponse = z.infer<typeof storedResponse>;
