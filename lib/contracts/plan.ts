import * as z from 'zod';
import { responseCache } from './conversation.ts';
import { limits } from './limits.ts';
import { priority } from './priorities.ts';
import { agentId, taskKind } from './team.ts';

const sentence = z.string().min(1).max(2_000);

/** How a criterion is measured: a command tool of the team that may serve as a check, and what it is given. */
export const plannedCheck = z.strictObject({
  /** One of the action's success criteria, word for word. */
  criterion: sentence,
  tool: z.string().max(64),
  args: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
});
export type PlannedCheck = z.infer<typeof plannedCheck>;

/** One item of the plan. Its number is its name: from 1, without gaps. */
export const plannedAction = z.strictObject({
  id: z.number().int().min(1).max(limits.actions),
  /** A complete sentence. */
  action: sentence,
  kind: taskKind,
  owner: agentId,
  priority,
  estimatedDuration: z
    .string()
    .regex(/^[1-9][0-9]{0,3}(s|min|h|d)$/, 'must be a duration like 30s, 5min, 2h or 1d'),
  successCriteria: z.array(sentence).min(1).max(10),
  checks: z.array(plannedCheck).max(10).default([]),
  dependsOn: z.array(z.number().int().min(1)).max(20).default([]),
  context: z
    .strictObject({
      files: z.array(z.string().max(500)).max(50).default([]),
      constraints: z.array(sentence).max(20).default([]),
      referenceDocs: z.array(z.string().max(500)).max(20).default([]),
    })
    .prefault({}),
  expectedOutput: z.string().max(2_000).optional(),
});
export type PlannedAction = z.infer<typeof plannedAction>;

export const vote = z.enum(['go', 'no_go']);
export type Vote = z.infer<typeof vote>;

export const decision = z.strictObject({
  decision: sentence,
  reason: sentence,
  /** Who is for it. */
  by: z.array(agentId).default([]),
});
export type Decision = z.infer<typeof decision>;

/** What a member says in a round. */
export const statement = z.strictObject({
  statement: z.string().min(1).max(8_000).describe('What you have to say, in at most 300 words.'),
  proposals: z.array(sentence).max(20).default([]).describe('Actions that you propose, a sentence each.'),
  objections: z
    .array(sentence)
    .max(20)
    .default([])
    .describe('What speaks against what was proposed so far, a sentence each.'),
  noObjectionBecause: z
    .string()
    .max(2_000)
    .optional()
    .describe('If you have no objection although it is your role to object: why there is none.'),
  vote: vote.describe('Whether the team should go ahead now.'),
  voteReason: sentence.describe('Why you vote so, in one sentence.'),
});
export type Statement = z.infer<typeof statement>;

/** What the moderator closes the meeting with. */
export const closing = z.strictObject({
  summary: z.string().min(1).max(8_000).describe('What was discussed and what came of it, for people.'),
  decisions: z.array(decision).max(30).default([]),
  actions: z.array(plannedAction).max(limits.actions),
  /** Only where the members could not agree. */
  positions: z
    .array(z.strictObject({ position: sentence, heldBy: z.array(agentId).min(1) }))
    .max(10)
    .default([]),
  wouldResolve: z
    .string()
    .max(2_000)
    .optional()
    .describe('If there was no agreement: what would resolve it.'),
});
export type Closing = z.infer<typeof closing>;

export const meetingOutcomes = ['converged', 'deadlocked', 'out_of_budget'] as const;

const spoken = statement.extend({ agent: agentId, round: z.number().int() });
export type Spoken = z.infer<typeof spoken>;

/** The result document of a meeting. */
export const meetingResult = z
  .strictObject({
    meetingId: z.string(),
    outcome: z.enum(meetingOutcomes),
    /** Missing where the meeting did not decide. */
    decision: vote.optional(),
    quorum: z.number().int(),
    votes: z.array(z.strictObject({ agent: z.string(), vote, reason: z.string() })),
    spoken: z.array(spoken),
    /** Who could not be heard in a round; left out where everybody was. */
    silent: z
      .array(z.strictObject({ agent: agentId, round: z.number().int(), because: z.string() }))
      .optional(),
    summary: z.string(),
    decisions: z.array(decision),
    actions: z.array(plannedAction),
    positions: closing.shape.positions,
    wouldResolve: z.string().optional(),
    models: z.record(z.string(), z.string()),
    costUsd: z.number(),
    offline: z.literal(true).optional(),
  })
  .meta({ id: 'MeetingResult' });
export type MeetingResult = z.infer<typeof meetingResult>;

/** The plan as it is stored by its digest: what an approval binds. */
export const plan = z.strictObject({
  v: z.literal(1),
  run: z.string(),
  cycle: z.number().int(),
  meetingId: z.string(),
  objective: z.string(),
  decisions: z.array(decision),
  actions: z.array(plannedAction),
});
export type Plan = z.infer<typeof plan>;

/** `handoff/pending_actions.json`: field names are those of the agreed document. */
export const pendingActions = z.strictObject({
  timestamp: z.iso.datetime(),
  meeting_id: z.string().regex(/^meeting_\d{8}_\d{6}$/),
  actions: z.array(
    z.strictObject({
      id: z.number().int(),
      action: z.string(),
      owner: z.string(),
      priority,
      estimated_duration: z.string(),
      success_criteria: z.string(),
    }),
  ),
  count: z.number().int(),
  source: z.string().regex(/^planning_meeting_\d+$/),
});
export type PendingActions = z.infer<typeof pendingActions>;

/** `handoff/tasks.json`, one for each action: field names are those of the agreed document. */
export const taskDocument = z.strictObject({
  agent_id: agentId,
  task_type: taskKind,
  priority,
  context: z.strictObject({
    files: z.array(z.string()),
    objective: z.string(),
    constraints: z.array(z.string()),
    reference_docs: z.array(z.string()),
  }),
  expected_output: z.string(),
  /** Missing where a person does it. */
  max_tokens: z.number().int().positive().optional(),
});
export type TaskDocument = z.infer<typeof taskDocument>;

/** What a meeting needs: its job's input. Stored by its digest, so it holds neither clock nor chance. */
export const meetingPayload = z.strictObject({
  meetingId: z.string().regex(/^meeting_\d{8}_\d{6}$/),
  objective: z.string().min(1).max(limits.objectiveCharacters),
  /** Markdown: what the last cycle came to, and all else that the members are to know. */
  briefing: z.string().max(limits.briefingCharacters),
  moderator: agentId,
  critic: agentId.optional(),
  /** The moderator is among them, whether or not it speaks in the rounds. */
  members: z
    .array(
      z.strictObject({
        id: agentId,
        title: z.string(),
        system: z.string().max(limits.agentPromptCharacters),
        model: z.string(),
        maxTokens: z.number().int(),
        effort: z.string().optional(),
        responseCache: responseCache.optional(),
        speaks: z.boolean(),
      }),
    )
    .min(1),
  rounds: z.number().int().min(1).max(limits.meetingRounds),
  quorum: z.number().int().min(1),
  actions: z.strictObject({ min: z.number().int(), max: z.number().int() }),
  /** Who may own what: an action of any other pair is refused. */
  owners: z.array(
    z.strictObject({ id: agentId, title: z.string(), kinds: z.array(taskKind), person: z.boolean() }),
  ),
  /** Tools that may serve as a check, with their input schemas. */
  checks: z.array(
    z.strictObject({
      name: z.string(),
      description: z.string(),
      inputSchema: z.record(z.string(), z.unknown()),
    }),
  ),
});
export type MeetingPayload = z.infer<typeof meetingPayload>;
