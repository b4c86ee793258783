import * as z from 'zod';
import { cadence } from './cadence.ts';
import { compute } from './compute.ts';
import { efforts, responseCache } from './conversation.ts';
import { limits } from './limits.ts';
import { alarmName, recoveryTimes } from './recovery.ts';
import { commandTool, toolNames } from './tools.ts';

const word = /^[a-z][a-z0-9_]{0,39}$/;
const idMessage = 'must be 1–40 lower-case letters, digits and underscores, beginning with a letter';

/** Also a conversation's name and part of file names. */
export const agentId = z.string().regex(word, idMessage);
/** A kind of task: what the task matrix gives an owner. */
export const taskKind = z.string().regex(word, idMessage);
export const teamName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,39}$/,
    'must be 1–40 lower-case letters, digits and dashes, beginning with a letter',
  );

const title = z.string().min(1).max(120);
const modelName = z.string().min(1).max(100);

/** What each kind of task is. Who does it follows from `owns`: exactly one agent or person for each. */
const kindEntry = z.strictObject({
  id: taskKind,
  title,
  /** Has to have an owner like the others, and is asked for when something is on fire. */
  emergency: z.boolean().default(false),
});

const teamAgent = z.strictObject({
  id: agentId,
  title,
  /** The file with its prompt, below `agents/`. */
  prompt: z.string().regex(/^agents\/[a-z][a-z0-9_-]{0,59}\.md$/, 'must be a file like agents/reviewer.md'),
  model: modelName,
  /** Used where the provider of `model` is not configured: the first one whose provider is. */
  fallback: z.array(modelName).max(5).default([]),
  effort: z.enum(efforts).optional(),
  /** Left out: every request goes to the model. */
  responseCache: responseCache.optional(),
  maxTokens: z.number().int().min(256).max(limits.maxTokensMax).default(8_000),
  /** Muster's tools; the team's own are given in `tools[].agents`. `submit_result` is always there. */
  tools: z.array(z.enum(toolNames)).default([]),
  compute: compute.optional(),
  maxTurns: z.number().int().min(1).max(limits.maxTurnsMax).default(limits.maxTurnsDefault),
  timeoutSeconds: z
    .number()
    .int()
    .min(60)
    .max(limits.timeoutSecondsMax)
    .default(limits.timeoutSecondsDefault),
  budgetUsd: z.number().positive().max(1_000).optional(),
  owns: z.array(taskKind).default([]),
  supports: z.array(taskKind).default([]),
  never: z.array(taskKind).default([]),
});
export type TeamAgent = z.infer<typeof teamAgent>;

/** Somebody who decides, and who does tasks that no agent may do. Never has a model. */
const teamPerson = z.strictObject({
  id: agentId,
  title,
  owns: z.array(taskKind).default([]),
  supports: z.array(taskKind).default([]),
});
export type TeamPerson = z.infer<typeof teamPerson>;

const planning = z.strictObject({
  moderator: agentId,
  /** Who speaks in every round; the moderator closes the meeting and need not be among them. */
  members: z.array(agentId).min(1).max(limits.meetingMembers),
  /** Has to object, or to say why there is nothing to object to. */
  critic: agentId.optional(),
  rounds: z.number().int().min(1).max(limits.meetingRounds).default(2),
  /** Votes for `go`, or for `no_go`, that make a decision. Default: more than half of the members. */
  quorum: z.number().int().min(1).max(limits.meetingMembers).optional(),
  actions: z
    .strictObject({
      min: z.number().int().min(0).max(limits.actions).default(1),
      max: z.number().int().min(1).max(limits.actions).default(20),
    })
    .prefault({}),
});

const execution = z.strictObject({
  members: z.array(agentId).min(1),
  /** Actions of a wave at once. */
  concurrency: z.number().int().min(1).max(limits.actionsAtOnce).default(2),
  /** How often an action whose check failed is done again with the reviewer's findings. */
  revisions: z.number().int().min(0).max(limits.revisions).default(1),
});

const review = z.strictObject({
  /** Who checks results. The first who is not the action's owner does it. */
  members: z.array(agentId).min(1),
  /** Who makes the cycle's final review. */
  coordinator: agentId,
  /** Who keeps the project's memory up to date. Default: the coordinator. */
  memory: agentId.optional(),
});

/** A command tool, who may call it, and whether Muster itself may run it to check a result. */
const teamTool = z.strictObject({
  ...commandTool.shape,
  agents: z.array(agentId).default([]),
  check: z.boolean().default(false),
});
export type TeamTool = z.infer<typeof teamTool>;

const approvals = z.strictObject({
  plan: z.boolean().default(false),
  release: z.boolean().default(false),
  /** Actions of these kinds start after a person has agreed. */
  kinds: z.array(taskKind).default([]),
  expiresHours: z.number().positive().max(limits.gateHours).default(72),
  /** Whether who started the run may approve its gates. */
  own: z.boolean().default(true),
});

/** Paths that a result cannot change: they are put back before checks are run. */
const protection = z.strictObject({
  paths: z.array(z.string().min(1).max(200)).max(50).default([]),
  /** Owners of such files: what they do may change them. */
  unless: z.array(agentId).default([]),
});

/** A run that is described beforehand; `{{name}}` in its objective is filled in by who starts it. */
const workflow = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and dashes'),
  title,
  objective: z.string().min(1).max(10_000),
  constraints: z.array(z.string().max(2_000)).default([]),
  /** The alarm that has to be over before a cycle is done; `{{name}}` is filled in as in the objective. */
  recovery: z.strictObject({ alarm: alarmName, ...recoveryTimes }).optional(),
});

/** `team.yaml`. */
export const teamFile = z.strictObject({
  name: teamName,
  title,
  description: z.string().min(1).max(2_000),
  kinds: z.array(kindEntry).min(1).max(60),
  agents: z.array(teamAgent).min(1).max(limits.teamAgents),
  people: z.array(teamPerson).max(10).default([]),
  planning,
  execution,
  review,
  tools: z.array(teamTool).max(limits.commandTools).default([]),
  approvals: approvals.prefault({}),
  protected: protection.prefault({}),
  budgetUsd: z.number().positive().max(1_000).default(10),
  maxCycles: z.number().int().min(1).max(limits.cycles).default(1),
  cadence: cadence.optional(),
  workflows: z.array(workflow).max(20).default([]),
});
export type TeamFile = z.output<typeof teamFile>;

/** A team with its prompts: what is stored, hashed and kept with a run. */
export const teamDocument = z.strictObject({
  v: z.literal(1),
  team: teamFile,
  /** Text by agent. */
  prompts: z.record(agentId, z.string().min(1).max(limits.agentPromptCharacters)),
});
export type TeamDocument = z.infer<typeof teamDocument>;

/** Which model an agent works with in this run, and which it would have had. */
export const agentModel = z.strictObject({ model: z.string(), insteadOf: z.string().optional() });
export type AgentModel = z.infer<typeof agentModel>;

export const teamView = z
  .strictObject({
    name: z.string(),
    title: z.string(),
    description: z.string(),
    /** `shipped` with Muster, or `put` by somebody. */
    origin: z.enum(['shipped', 'put']),
    sha256: z.string(),
    updatedAt: z.iso.datetime().optional(),
    agents: z.array(
      z.strictObject({
        id: z.string(),
        title: z.string(),
        model: z.string(),
        /** What may stand in for `model`, in this order. */
        fallback: z.array(z.string()),
        /** Set where its provider is not configured: what it would run on now; `null` if on nothing. */
        fallsBackTo: z.string().nullable().optional(),
        owns: z.array(z.string()),
      }),
    ),
    people: z.array(z.strictObject({ id: z.string(), title: z.string(), owns: z.array(z.string()) })),
    /** Who does which kind of task, and who may help. */
    matrix: z.array(
      z.strictObject({
        kind: z.string(),
        title: z.string(),
        emergency: z.boolean(),
        owner: z.string(),
        isPerson: z.boolean(),
        supports: z.array(z.string()),
      }),
    ),
    approvals,
    workflows: z.array(z.strictObject({ id: z.string(), title: z.string(), values: z.array(z.string()) })),
    budgetUsd: z.number(),
    maxCycles: z.number().int(),
  })
  .meta({ id: 'Team' });
export type TeamView = z.infer<typeof teamView>;
