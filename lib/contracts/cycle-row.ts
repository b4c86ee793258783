import * as z from 'zod';
import { cycleInterval } from './cadence.ts';
import { jobError } from './job-row.ts';
import { priority } from './priorities.ts';
import { verdict } from './review.ts';
import { actionStatuses, cycleEnd, runId } from './run-states.ts';
import { hex64, ms, storedObject } from './scalars.ts';
import { agentId, taskKind } from './team.ts';
import { microUsd } from './usage.ts';

/** An action as its cycle keeps it: what it is, and where it is. Texts are in the plan. */
export const actionState = z.strictObject({
  id: z.number().int().positive(),
  title: z.string(),
  owner: agentId,
  kind: taskKind,
  priority,
  /** From 0. */
  wave: z.number().int().nonnegative(),
  dependsOn: z.array(z.number().int()),
  status: z.enum(actionStatuses),
  revision: z.number().int().nonnegative(),
  /** Jobs that have worked on it, the latest last. */
  jobs: z.array(z.string()),
  /** The gate that it waits for, or waited for. */
  gate: z.string().optional(),
  startedAtMs: ms.optional(),
  endedAtMs: ms.optional(),
  costMicroUsd: microUsd,
  /** One sentence: why it ended as it did. */
  reason: z.string().optional(),
  verdicts: z.record(z.string(), verdict).optional(),
  /** What the last review found, for the next revision. */
  findings: z.array(z.string()).optional(),
  /** How often this revision was checked: again where another action was merged meanwhile. */
  checks: z.number().int().nonnegative(),
  /** The run's files when this revision began. */
  base: storedObject.optional(),
  /** What a person handed in. */
  files: z.strictObject({ sha256: hex64, bytes: z.number().int() }).optional(),
  /** What its owner left at the last revision: the next one goes on from it. */
  workspace: storedObject.optional(),
});
export type ActionState = z.infer<typeof actionState>;

/** A cycle as it is stored: one item beside its run's, written whole under its version. */
export const cycleRow = z.strictObject({
  schemaVersion: z.literal(1),
  version: z.number().int().positive(),
  run: runId,
  cycle: z.number().int().positive(),
  meetingId: z.string(),
  startedAtMs: ms,
  endedAtMs: ms.optional(),
  /** After this no action is begun: the rest is carried over. */
  windowEndsAtMs: ms.optional(),
  updatedAtMs: ms,
  /** Jobs of the steps that are not actions. */
  planningJob: z.string().optional(),
  reviewJob: z.string().optional(),
  planGate: z.string().optional(),
  releaseGate: z.string().optional(),
  /** The row by which it waits for an alarm to be over. */
  recovery: z.string().optional(),
  outcome: z.enum(['converged', 'deadlocked', 'out_of_budget', 'failed']).optional(),
  decision: z.enum(['go', 'no_go']).optional(),
  plan: storedObject.optional(),
  actions: z.array(actionState),
  /** Set by whoever ends the cycle early. */
  stopsAs: cycleEnd.optional(),
  objectiveAchieved: z.boolean().optional(),
  end: cycleEnd.optional(),
  /** Where the cadence adapts and the run goes on: from this cycle's start to the next one's. */
  interval: cycleInterval.optional(),
  error: jobError.optional(),
  costMicroUsd: microUsd,
});
export type CycleRow = z.infer<typeof cycleRow>;
