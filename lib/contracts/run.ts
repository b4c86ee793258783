import * as z from 'zod';
import { projectName } from './access.ts';
import { cadence, cycleInterval, findCadenceFaults } from './cadence.ts';
import { given } from './given.ts';
import { jobError } from './job-row.ts';
import { limits } from './limits.ts';
import { priority } from './priorities.ts';
import { recoveryView, recoveryWanted } from './recovery.ts';
import { verdict } from './review.ts';
import { agentId, agentModel, taskKind, teamName } from './team.ts';
import { microUsd } from './usage.ts';
import { callbackUrl } from './webhook.ts';

const ms = z.number().int().nonnegative();
const hex64 = z.string().regex(/^[0-9a-f]{64}$/);

/** Short, because job ids and execution names are made of it. */
export const runId = z.string().regex(/^run-[0-9a-f]{16}$/, 'must be a run id like run-0123456789abcdef');

export const runStatuses = ['RUNNING', 'WAITING', 'STOPPING', 'SUCCEEDED', 'FAILED', 'STOPPED'] as const;
export type RunStatus = (typeof runStatuses)[number];
export const terminalRunStatuses = ['SUCCEEDED', 'FAILED', 'STOPPED'] as const;

/** `WAITING` is how a running run is shown while a person has to decide; the row says RUNNING. */
export const runTransitions = {
  RUNNING: ['STOPPING', 'SUCCEEDED', 'FAILED', 'STOPPED'],
  STOPPING: ['STOPPED', 'FAILED', 'SUCCEEDED'],
  SUCCEEDED: [],
  FAILED: [],
  STOPPED: [],
} as const satisfies Record<Exclude<RunStatus, 'WAITING'>, readonly RunStatus[]>;

/** How a cycle ends: the end states of the state machine, each with its sentence. */
export const cycleEnds = {
  Done: { good: true, says: 'Every action was carried out and its criteria were met.' },
  NoGo: { good: true, says: 'The team decided not to go ahead; nothing was carried out.' },
  RejectedByPerson: { good: true, says: 'A person said no; nothing further was carried out.' },
  ActionsFailed: {
    good: false,
    says: 'Some actions failed, or could not be shown to have met their criteria.',
  },
  NotRecovered: {
    good: false,
    says: 'Every action was carried out, but the alarm was not over in the time given.',
  },
  MeetingDeadlocked: {
    good: false,
    says: 'The meeting could not agree; its summary says what would resolve it.',
  },
  MeetingFailed: { good: false, says: 'The meeting left no plan that could be carried out.' },
  OutOfBudget: { good: false, says: 'The budget was used up before the cycle was over.' },
  TimedOut: { good: false, says: 'A step was not over in its time.' },
  StoppedByPerson: { good: false, says: 'The run was stopped on request.' },
} as const;
export type CycleEnd = keyof typeof cycleEnds;
export const cycleEnd = z.enum(Object.keys(cycleEnds) as [CycleEnd, ...CycleEnd[]]);

export const actionStatuses = [
  'PENDING',
  'WAITING',
  'EXECUTING',
  'CHECKING',
  'DONE',
  'FAILED',
  'UNPROVEN',
  'SKIPPED',
  'CARRIED',
  'STOPPED',
] as const;
export type ActionStatus = (typeof actionStatuses)[number];
export const endedActionStatuses = ['DONE', 'FAILED', 'UNPROVEN', 'SKIPPED', 'CARRIED', 'STOPPED'] as const;

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
  base: z.strictObject({ key: z.string(), sha256: hex64 }).optional(),
  /** What a person handed in. */
  files: z.strictObject({ sha256: hex64, bytes: z.number().int() }).optional(),
  /** What its owner left at the last revision: the next one goes on from it. */
  workspace: z.strictObject({ key: z.string(), sha256: hex64 }).optional(),
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
  plan: z.strictObject({ key: z.string(), sha256: hex64 }).optional(),
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

/** What happened in a run, for people who watch it. A hint: the rows are the truth. */
export const runEvent = z.strictObject({
  atMs: ms,
  type: z.enum(['cycle', 'meeting', 'plan', 'action', 'approval', 'review', 'recovery', 'end']),
  message: z.string().max(1_000),
  action: z.number().int().optional(),
  status: z.string().optional(),
  /** The job that has begun, or has ended: its own events tell more. */
  job: z.string().optional(),
});
export type RunEvent = z.infer<typeof runEvent>;
export const numberedRunEvent = runEvent.extend({ seq: z.number().int().positive() });
export type NumberedRunEvent = z.infer<typeof numberedRunEvent>;

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

const context = z.strictObject({
  files: z.array(z.string().max(500)).max(50).default([]),
  constraints: z.array(z.string().min(1).max(2_000)).max(50).default([]),
  referenceDocs: z.array(z.string().max(500)).max(50).default([]),
});

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
  context,
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
  workspace: z.strictObject({ key: z.string(), sha256: hex64 }).optional(),
  /** As the run began, or as a cycle began: what a person compares with. */
  firstWorkspace: z.strictObject({ key: z.string(), sha256: hex64 }).optional(),
  callbackUrl: z.string().optional(),
  stoppedBy: z.string().optional(),
  outcome: z.string().optional(),
  error: jobError.optional(),
  outbox: z.record(z.string(), runOutboxEntry),
});
export type RunRow = z.infer<typeof runRow>;

/** `POST /runs`. */
export const runRequest = z.strictObject({
  team: teamName,
  objective: z.string().min(1).max(limits.objectiveCharacters).optional(),
  /** Instead of an objective: one of the team's workflows, and what its `{{names}}` stand for. */
  workflow: z
    .strictObject({ id: z.string().max(40), values: z.record(z.string(), z.string().max(2_000)).default({}) })
    .optional(),
  project: projectName.default('default'),
  context: context.prefault({}),
  /** An archive that was put where `POST /uploads` said: the files that the run begins with. */
  workspace: z
    .strictObject({
      sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits, lower case'),
      bytes: z.number().int().positive().max(limits.uploadBytes),
    })
    .optional(),
  maxCycles: z.number().int().min(1).max(limits.cycles).optional(),
  budgetUsd: z.number().positive().max(1_000).optional(),
  /** Only what differs from the team's own. A run may ask for more approvals than its team, not for fewer. */
  approvals: z
    .strictObject({
      plan: z.literal(true).optional(),
      release: z.literal(true).optional(),
      kinds: z.array(taskKind).optional(),
      expiresHours: z.number().positive().max(limits.gateHours).optional(),
    })
    .optional(),
  cadence: cadence
    .superRefine((given, { addIssue }) => {
      for (const fault of findCadenceFaults(given)) addIssue({ code: 'custom', ...fault });
    })
    .optional(),
  /** Each cycle ends well only when this alarm is over. Default: what the workflow says. */
  recovery: recoveryWanted.optional(),
  learnsFrom: z.array(runId).max(5).default([]),
  /** Told when the run has ended, and each time when somebody has to decide. */
  callbackUrl: callbackUrl.optional(),
});
export type RunRequest = z.infer<typeof runRequest>;

const time = z.iso.datetime();

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
