import * as z from 'zod';
import { projectName } from './access.ts';
import { compute } from './compute.ts';
import { efforts, responseCache } from './conversation.ts';
import { limits } from './limits.ts';
import { priority } from './priorities.ts';
import { sha256 } from './scalars.ts';
import { commandTool, type ToolName, toolNames } from './tools.ts';
import { callbackUrl } from './webhook.ts';

/** What Muster will run in all. `jobTypesBuilt` says which of them this version runs. */
export const jobTypes = ['echo', 'chat', 'code', 'research', 'agent', 'meeting', 'action', 'review'] as const;
export const jobTypesBuilt = ['echo', 'chat', 'code', 'research', 'agent'] as const;
export const jobType = z.enum(jobTypes);
export type JobType = z.infer<typeof jobType>;
export type BuiltJobType = (typeof jobTypesBuilt)[number];

/** Fields of the API that later versions take. Until then they are refused by name, never ignored. */
export const requestFieldsNotBuilt: readonly string[] = [];

/** What becomes of a job when one that it waits for does not succeed: it ends CANCELLED, runs anyway, or FAILED. */
export const failurePolicies = ['skip', 'run', 'fail'] as const;
export type FailurePolicy = (typeof failurePolicies)[number];

export const jobId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be a job id: at most 40 lower-case letters, digits and dashes');

export const echoPayload = z.strictObject({
  message: z.string().max(limits.echoMessageCharacters),
  /** Seconds to wait before answering: for trying out cancels, timeouts and crashes. */
  delaySeconds: z.number().min(0).max(3_600).default(0),
});
export type EchoPayload = z.infer<typeof echoPayload>;

export const chatPayload = z.strictObject({
  prompt: z.string().min(1).max(limits.promptCharacters),
  system: z.string().max(limits.promptCharacters).optional(),
  model: z.string().min(1).max(100),
  maxTokens: z.number().int().min(1).max(limits.maxTokensMax).default(limits.maxTokensDefault),
  /** Left out: every request goes to the model. */
  responseCache: responseCache.optional(),
});
export type ChatPayload = z.infer<typeof chatPayload>;

const agentText = z.string().min(1).max(limits.agentPromptCharacters);
const modelName = z.string().min(1).max(100);
const maxTokens = z.number().int().min(1).max(limits.maxTokensMax);

/** One question to a model whose answer is a program. */
export const codePayload = z.strictObject({
  specification: z.string().min(1).max(limits.promptCharacters),
  language: z
    .string()
    .regex(/^[A-Za-z0-9+#. _-]{1,40}$/, 'must be the name of a programming language, like python or c++'),
  system: z.string().max(limits.promptCharacters).optional(),
  model: modelName,
  maxTokens: maxTokens.default(limits.agentMaxTokensDefault),
  responseCache: responseCache.optional(),
});
export type CodePayload = z.infer<typeof codePayload>;

/** Questions about a topic, their answers side by side, and what they come to. */
export const researchPayload = z.strictObject({
  topic: agentText,
  questions: z.number().int().min(3).max(5).default(limits.researchQuestionsDefault),
  system: agentText.optional(),
  model: modelName,
  /** Of each answer. */
  maxTokens: maxTokens.default(limits.agentMaxTokensDefault),
  responseCache: responseCache.optional(),
});
export type ResearchPayload = z.infer<typeof researchPayload>;

/** What an agent may use unless it is told otherwise. Notes and earlier artifacts belong to runs. */
export const agentToolsDefault: readonly ToolName[] = [
  'artifact_put',
  'bash',
  'edit_file',
  'http_get',
  'list_files',
  'read_file',
  'submit_result',
  'write_file',
];

/** What needs no workspace. An agent with nothing else runs in the function lane. */
export const toolsWithoutSandbox: readonly ToolName[] = [
  'artifact_get',
  'http_get',
  'notes_get',
  'notes_put',
  'submit_result',
];

/** A model with tools and a workspace, which goes on until it hands in a result or meets a cap. */
export const agentPayload = z.strictObject({
  prompt: agentText,
  system: agentText.optional(),
  model: modelName,
  /** Of each turn. */
  maxTokens: maxTokens.default(limits.agentMaxTokensDefault),
  effort: z.enum(efforts).optional(),
  responseCache: responseCache.optional(),
  /** `submit_result` is always there. */
  tools: z
    .array(z.enum(toolNames))
    .max(toolNames.length)
    .default([...agentToolsDefault]),
  commandTools: z.array(commandTool).max(limits.commandTools).default([]),
  /** An archive that was put where `POST /uploads` said: the files that the agent begins with. */
  workspace: z
    .strictObject({
      sha256,
      bytes: z.number().int().positive().max(limits.uploadBytes),
    })
    .optional(),
  /** What has to be true in the end; the agent gives evidence for each. */
  criteria: z.array(z.string().min(1).max(2_000)).max(limits.criteria).default([]),
  maxTurns: z.number().int().min(1).max(limits.maxTurnsMax).default(limits.maxTurnsDefault),
  /** The longest time without an answer of the model or the end of a tool. */
  idleSeconds: z.number().int().min(1).max(limits.idleSecondsMax).default(limits.idleSecondsDefault),
});
export type AgentPayload = z.infer<typeof agentPayload>;

/** `POST /jobs`, in Muster's own spelling. `payload` is checked per type afterwards. */
export const jobRequest = z.strictObject({
  type: z.enum(jobTypes, `must be one of ${jobTypesBuilt.join(', ')}`),
  payload: z.record(z.string(), z.unknown()),
  project: projectName.default('default'),
  priority: priority.default('medium'),
  timeoutSeconds: z.number().int().min(1).max(limits.timeoutSecondsMax).default(limits.timeoutSecondsDefault),
  deadlineSeconds: z
    .number()
    .int()
    .min(1)
    .max(limits.deadlineSecondsMax)
    .default(limits.deadlineSecondsDefault),
  maxAttempts: z.number().int().min(1).max(limits.maxAttemptsMax).default(limits.maxAttemptsDefault),
  budgetUsd: z.number().positive().max(1_000).optional(),
  model: z.string().min(1).max(100).optional(),
  system: z.string().max(limits.promptCharacters).optional(),
  maxTokens: z.number().int().min(1).max(limits.maxTokensMax).optional(),
  dependsOn: z.array(jobId).max(limits.dependsOn).default([]),
  /** Left out: `fail`. */
  onFailure: z.enum(failurePolicies).optional(),
  /** One job or several that come next: requests of the same form, checked one by one afterwards. */
  then: z
    .union(
      [
        z.record(z.string(), z.unknown()),
        z.array(z.record(z.string(), z.unknown())).min(1).max(limits.chainNext),
      ],
      `must be a job or a list of 1 to ${limits.chainNext}`,
    )
    .optional(),
  /** Told when the job has ended. */
  callbackUrl: callbackUrl.optional(),
  compute: compute.optional(),
});
export type JobRequest = z.infer<typeof jobRequest>;

/** The sandbox guide's names and what they are called here. */
export const guideJobTypes: Readonly<Record<string, JobType>> = {
  claude_chat: 'chat',
  claude_code: 'code',
  echo: 'echo',
};
export const guideFields: Readonly<Record<string, string>> = { job_type: 'type', max_tokens: 'maxTokens' };

export const uploadRequest = z.strictObject({
  project: projectName.default('default'),
  files: z
    .array(
      z.strictObject({
        sha256,
        bytes: z.number().int().min(0).max(limits.uploadBytes),
      }),
    )
    .min(1)
    .max(limits.uploadFiles),
});
export type UploadRequest = z.infer<typeof uploadRequest>;
