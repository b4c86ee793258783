import * as z from 'zod';
import { cycleInterval } from './cadence.ts';
import { jobError } from './job-row.ts';
import { priority } from './priorities.ts';
import { recoveryView, recoveryWanted } from './recovery.ts';
import { verdict } from './review.ts';
import { actionStatuses, cycleEnd, runId, runStatuses } from './run-states.ts';
import { time } from './scalars.ts';
import { agentModel } from './team.ts';

export const cycleView = z.strictObject({
  cycle: z.number().int(),
  end: cycleEnd.optional(),
  outcome: z.string().optional(),
  decision: z.string().optional(),
  startedAt: time,
  endedAt: time.optional(),
  /** From this cycle's start to the next one's, and why: where the cadence adapts. */
  interval: cycleInterval.optional(),
  costUsd: z.number(),
  planSha256: z.string().optional(),
  planningJob: z.string().optional(),
  reviewJob: z.string().optional(),
  recovery: recoveryView.optional(),
  actions: z.array(
    z.strictObject({
      id: z.number().int(),
      title: z.string(),
      owner: z.string(),
      kind: z.string(),
      priority,
      wave: z.number().int(),
      status: z.enum(actionStatuses),
      revision: z.number().int(),
      jobs: z.array(z.string()),
      gate: z.string().optional(),
      startedAt: time.optional(),
      endedAt: time.optional(),
      costUsd: z.number(),
      reason: z.string().optional(),
      verdicts: z.record(z.string(), verdict).optional(),
    }),
  ),
});
export type CycleView = z.infer<typeof cycleView>;

/** A run, as every route returns it. Lists leave the actions of cycles out. */
export const runView = z
  .strictObject({
    id: runId,
    team: z.string(),
    teamSha256: z.string(),
    objective: z.string(),
    project: z.string(),
    status: z.enum(runStatuses),
    cycle: z.number().int(),
    maxCycles: z.number().int(),
    cycles: z.array(cycleView),
    waitsFor: z.array(z.string()),
    recovery: recoveryWanted.optional(),
    nextCycleAt: time.optional(),
    /** Why `nextCycleAt` is when it is: where the cadence adapts. */
    interval: cycleInterval.optional(),
    models: z.record(z.string(), agentModel),
    createdAt: time,
    endedAt: time.optional(),
    costUsd: z.number(),
    budgetUsd: z.number(),
    /** How often Cost Explorer was asked for what the run was told: `costUsd` is models alone. */
    costExplorerRequests: z.number().int().optional(),
    outcome: z.string().optional(),
    error: jobError.optional(),
    links: z.strictObject({
      console: z.string().optional(),
      executionArn: z.string().optional(),
      report: z.string().optional(),
    }),
  })
  .meta({ id: 'Run' });
export type RunView = z.infer<typeof runView>;
