import * as z from 'zod';
import { cadence, cycleInterval } from './cadence.ts';
import { given } from './given.ts';
import { jobError } from './job-row.ts';
import { limits } from './limits.ts';
import { recoveryWanted } from './recovery.ts';
import { runContext } from './run-request.ts';
import { runId } from './run-states.ts';
import { hex64, ms, storedObject } from './scalars.ts';
import { agentId, agentModel, taskKind, teamName } from './team.ts';
import { microUsd } from './usage.ts';

/** What must follow from a change of a run or a gate. Delivered at least once. */
export const runOutboxEntry = z.discriminatedUnion('kind', [
  /** Start the execution of this cycle, not before the time that is given. */
  z.strictObject({
    kind: z.literal('start'),
    cycle: z.number().int().positive(),
    notBeforeMs: ms.optional(),
  }),
  /** See that all jobs and gates of a run that is to stop are told. */
  z.strictObject({ kind: z.literal('halt') }),
  /** Tell whoever wants to know by HTTP that the run has ended. */
  z.strictObject({ kind: z.literal('webhook') }),
]);
export type RunOutboxEntry = z.infer<typeof runOutboxEntry>;

const runApprovals = z.strictObject({
  plan: z.boolean(),
  release: z.boolean(),
  kinds: z.array(taskKind),
  expiresHours: z.number().positive().max(limits.gateHours),
  own: z.boolean(),
});

export const runRow = z.strictObject({
  schemaVersion: z.literal(1),
  version: z.number().int().positive(),
  id: runId,
  status: z.enum(['RUNNING', 'STOPPING', 'SUCCEEDED', 'FAILED', 'STOPPED']),
  project: z.string(),
  callerArn: z.string(),
  requestSha256: z.string(),
  traceparent: z.string(),
  team: teamName,
  /** The team as it was when the run began: `teamDocument`, by its digest. */
  teamKey: z.string(),
  teamSha256: hex64,
  models: z.record(agentId, agentModel),
  objective: z.string(),
  context: runContext,
  workflow: z.string().optional(),
  /** Other runs of the project whose lessons each briefing carries. */
  learnsFrom: z.array(runId),
  recovery: recoveryWanted.optional(),
  /** What whatever started it had to say. */
  given: z.array(given).optional(),
  maxCycles: z.number().int().positive(),
  cadence: cadence.optional(),
  /** What the latest cycle that was closed has made of the cadence. */
  interval: cycleInterval.optional(),
  approvals: runApprovals,
  budgetMicroUsd: microUsd,
  costMicroUsd: microUsd,
  createdAtMs: ms,
  updatedAtMs: ms,
  endedAtMs: ms.optional(),
  cycle: z.number().int().positive(),
  /** Of the latest cycle: its execution's name and what Step Functions called it. */
  executionName: z.string(),
  executionArn: z.string().optional(),
  /** When the reconciler looks whether the execution still lives. */
  checkAtMs: ms.optional(),
  /** Gates that somebody has to decide. */
  waitsFor: z.array(z.string()),
  /** The run's files: what the next action begins with. */
  workspace: storedObject.optional(),
  /** As the run began, or as a cycle began: what a person compares with. */
  firstWorkspace: storedObject.optional(),
  callbackUrl: z.string().optional(),
  stoppedBy: z.string().optional(),
  outcome: z.string().optional(),
  error: jobError.optional(),
  outbox: z.record(z.string(), runOutboxEntry),
});
export type RunRow = z.infer<typeof runRow>;
