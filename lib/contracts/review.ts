import * as z from 'zod';
import { agentPayload } from './job-request.ts';
import { limits } from './limits.ts';
import { plannedCheck } from './plan.ts';
import { tokenUsage } from './usage.ts';

export const verdicts = ['met', 'not_met', 'cannot_tell'] as const;
export const verdict = z.enum(verdicts);
export type Verdict = z.infer<typeof verdict>;

const sentence = z.string().min(1).max(4_000);

/** What a reviewer hands in about an action: tool `submit_verdict`. */
export const verdictSubmission = z.strictObject({
  verdicts: z
    .array(
      z.strictObject({
        criterion: z.string().min(1).max(2_000).describe('The success criterion, word for word.'),
        verdict: verdict.describe('cannot_tell where the evidence does not decide it.'),
        evidence: sentence.describe('What decides it: the output or the line of a file that you cite.'),
      }),
    )
    .min(1)
    .max(20),
  findings: z
    .array(sentence)
    .max(30)
    .default([])
    .describe('What has to be changed, one finding each, so that its author can act on it.'),
});
export type VerdictSubmission = z.infer<typeof verdictSubmission>;

export const reviewTopics = ['architecture', 'integration', 'security', 'compatibility'] as const;

/** What the coordinator hands in about a cycle: tool `submit_review`. */
export const cycleSubmission = z.strictObject({
  objectiveAchieved: z.boolean().describe('Whether the objective is reached, by the evidence.'),
  summary: z.string().min(1).max(8_000).describe('What the cycle came to, for people.'),
  topics: z
    .array(z.strictObject({ topic: z.enum(reviewTopics), verdict, because: sentence }))
    .max(reviewTopics.length)
    .default([]),
  lessons: z.array(sentence).max(20).default([]).describe('What the next meeting should know.'),
  memory: z
    .string()
    .max(limits.memoryCharacters)
    .optional()
    .describe("The project's memory as it should read from now on. Left out: it stays as it is."),
});
export type CycleSubmission = z.infer<typeof cycleSubmission>;

/** A check that was run by Muster, not by the agent. */
export const checkResult = z.strictObject({
  ...plannedCheck.shape,
  /** Exit code 0. */
  ok: z.boolean(),
  exitCode: z.number().int().optional(),
  output: z.string(),
  milliseconds: z.number().int(),
});
export type CheckResult = z.infer<typeof checkResult>;

/** Input of a job of the type `review`. */
export const reviewPayload = z.discriminatedUnion('subject', [
  z.strictObject({
    subject: z.literal('action'),
    agent: agentPayload,
    criteria: z.array(z.string()).min(1),
    checks: z.array(plannedCheck),
    /** Restored from what the action began with before a check is run. */
    protectedPaths: z.array(z.string()),
    /** What the executor said and left; data, not to be trusted. */
    evidence: z.string().max(limits.agentPromptCharacters),
    /**
     * What the reviewer said before another action was merged. Where all checks pass on the files as they are now,
     * it still holds, and nobody is asked again.
     */
    judgedBefore: verdictSubmission.optional(),
  }),
  z.strictObject({ subject: z.literal('cycle'), agent: agentPayload }),
]);
export type ReviewPayload = z.infer<typeof reviewPayload>;

const modelWork = {
  model: z.string(),
  usage: tokenUsage,
  costUsd: z.number(),
  offline: z.literal(true).optional(),
};

export const actionReview = z
  .strictObject({
    subject: z.literal('action'),
    /** The worst of all criteria: not met, cannot tell, met. */
    outcome: verdict,
    verdicts: z.array(verdictSubmission.shape.verdicts.element.extend({ byCheck: z.boolean() })),
    checks: z.array(checkResult),
    findings: z.array(z.string()),
    /** Protected paths that the executor had changed, and that were put back. */
    restored: z.array(z.string()),
    /** Files that this action and another one both changed since it began; then nothing is merged. */
    conflicts: z.array(z.string()),
    /** The run's files with this action's changes in them: what the next action begins with. */
    workspace: z.strictObject({ sha256: z.string(), bytes: z.number().int() }).optional(),
    ...modelWork,
  })
  .meta({ id: 'ActionReview' });
export type ActionReview = z.infer<typeof actionReview>;

export const cycleReview = z
  .strictObject({ subject: z.literal('cycle'), ...cycleSubmission.shape, ...modelWork })
  .meta({ id: 'CycleReview' });
export type CycleReview = z.infer<typeof cycleReview>;
