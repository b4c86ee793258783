import * as z from 'zod';
import { agentPayload, chatPayload, codePayload, echoPayload, researchPayload } from './job-request.ts';
import { meetingPayload } from './plan.ts';
import { reviewPayload } from './review.ts';

/** The document that a worker reads as its input: it is stored by its SHA-256, so it has no clock and no ids. */
export const jobInput = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('echo'), payload: echoPayload }),
  z.strictObject({ type: z.literal('chat'), payload: chatPayload }),
  z.strictObject({ type: z.literal('code'), payload: codePayload }),
  z.strictObject({ type: z.literal('research'), payload: researchPayload }),
  z.strictObject({ type: z.literal('agent'), payload: agentPayload }),
  z.strictObject({ type: z.literal('meeting'), payload: meetingPayload }),
  z.strictObject({ type: z.literal('action'), payload: agentPayload }),
  z.strictObject({ type: z.literal('review'), payload: reviewPayload }),
]);
export type JobInput = z.infer<typeof jobInput>;
