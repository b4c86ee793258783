import * as z from 'zod';
import { limits } from './limits.ts';

/** What a run is told beside its objective by whatever started it. */
export const givenKinds = {
  alarm: 'The alarm that started this run',
  spending: 'What AWS has cost',
} as const;
export type GivenKind = keyof typeof givenKinds;

/** Others have written it: it is quoted wherever it is shown, and never followed. */
export const given = z.strictObject({
  kind: z.enum(Object.keys(givenKinds) as [GivenKind, ...GivenKind[]]),
  text: z.string().max(limits.givenCharacters),
  /** Of spending: how often Cost Explorer was asked for it, which AWS charges for. */
  requests: z.number().int().positive().optional(),
});
export type Given = z.infer<typeof given>;
