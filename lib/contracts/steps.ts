import * as z from 'zod';
import { cycleEnd, runId } from './run-states.ts';

const place = { run: runId, cycle: z.number().int().positive() };
const token = { token: z.string().min(1) };
const action = { action: z.number().int().positive() };
const revision = { revision: z.number().int().nonnegative() };

/** What the state machine asks of the `steps` function: one step each, repeatable. Source: `cycle-definition.ts`. */
export const stepRequest = z.discriminatedUnion('step', [
  z.object({ step: z.literal('open'), ...place }),
  z.object({ step: z.literal('plan'), ...place, ...token }),
  z.object({ step: z.literal('readPlan'), ...place }),
  z.object({ step: z.literal('askPlanApproval'), ...place, ...token }),
  z.object({ step: z.literal('readPlanApproval'), ...place }),
  z.object({ step: z.literal('execute'), ...place, ...action, ...revision, ...token }),
  z.object({ step: z.literal('check'), ...place, ...action, ...revision, ...token }),
  z.object({ step: z.literal('judge'), ...place, ...action, ...revision }),
  z.object({ step: z.literal('review'), ...place, ...token }),
  z.object({ step: z.literal('readReview'), ...place }),
  z.object({ step: z.literal('askReleaseApproval'), ...place, ...token }),
  z.object({ step: z.literal('awaitRecovery'), ...place, ...token }),
  z.object({ step: z.literal('close'), ...place }),
]);
export type StepRequest = z.infer<typeof stepRequest>;
export type StepName = StepRequest['step'];

/** One item of a wave, as the console shows it: what a person looks for comes first. */
export const waveAction = z.strictObject({
  title: z.string(),
  owner: z.string(),
  priority: z.string(),
  action: z.number().int(),
  revision: z.number().int(),
});
export type WaveAction = z.infer<typeof waveAction>;

/** What the machine goes on with after `readPlan` and `readPlanApproval`. */
export const planned = z.strictObject({
  next: z.enum(['approve', 'execute', 'close']),
  outcome: z.string(),
  actions: z.number().int(),
  waves: z.array(
    z.strictObject({ name: z.string(), atOnce: z.number().int(), actions: z.array(waveAction) }),
  ),
});
export type Planned = z.infer<typeof planned>;

/** After `judge`: with `next: execute` the same action again, at the next revision. */
export const judged = waveAction.omit({ action: true, revision: true }).extend({
  run: runId,
  cycle: z.number().int(),
  action: z.number().int(),
  revision: z.number().int(),
  next: z.enum(['execute', 'check', 'done']),
  outcome: z.string(),
});
export type Judged = z.infer<typeof judged>;

export const reviewed = z.strictObject({
  next: z.enum(['approve', 'watch', 'close']),
  /** What comes after the release: the machine asks again there. */
  recovery: z.enum(['watch', 'none']),
  outcome: z.string(),
});
export type Reviewed = z.infer<typeof reviewed>;

/** The output of the execution. */
export const closed = z.strictObject({
  end: cycleEnd,
  says: z.string(),
  costUsd: z.number(),
  report: z.string(),
  run: runId,
  cycle: z.number().int(),
});
export type Closed = z.infer<typeof closed>;
