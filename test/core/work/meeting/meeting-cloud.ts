import type { JobRequest } from '#contracts/job-request.ts';
import { inputKey } from '#contracts/object-keys.ts';
import type { Closing, MeetingPayload, PlannedAction, Statement } from '#contracts/plan.ts';
import { meetingPayload } from '#contracts/plan.ts';
import { canonicalJson } from '#core/jobs/canonical-json.ts';
import { newJobRow } from '#core/jobs/new-job-row.ts';
import type { ModelRequest } from '#core/ports/model.ts';
import type { Say, Script } from '../../../fakes/agent-attempt.ts';
import { makeWorkerCloud, type WorkerCloud } from '../../../fakes/worker-cloud.ts';

const models = {
  moderator: 'claude-opus-5-5',
  pre_architect: 'claude-opus-5-5',
  data_analyst: 'claude-sonnet-5-5',
  tech_analysis: 'gpt-6.2-sol',
  critic: 'gpt-6.2-sol',
  cotrr: 'claude-haiku-5-5',
};
export type MemberId = keyof typeof models;
export const ids = Object.keys(models) as MemberId[];

/** A meeting of six over two rounds, with three owners and one tool for checks. */
export function payloadOf(changes: Partial<MeetingPayload> = {}): MeetingPayload {
  return meetingPayload.parse({
    meetingId: 'meeting_20261120_100000',
    objective: 'Roll out the new ranking model.',
    briefing: 'Nothing was rolled out so far.',
    moderator: 'moderator',
    critic: 'critic',
    members: ids.map((id) => ({
      id,
      title: `Title of ${id}`,
      system: `I am ${id}.`,
      model: models[id],
      maxTokens: 1_000,
      speaks: true,
    })),
    rounds: 2,
    quorum: 4,
    actions: { min: 2, max: 20 },
    owners: [
      { id: 'deployer', title: 'Deployer', kinds: ['deployment'], person: false },
      { id: 'evaluator', title: 'Evaluator', kinds: ['evaluation'], person: false },
      { id: 'user', title: 'User', kinds: ['decision'], person: true },
    ],
    checks: [
      {
        name: 'run_evaluation',
        description: 'Evaluates a model.',
        inputSchema: {
          type: 'object',
          properties: {
            model: { type: 'string', pattern: '^[a-z]+$' },
            folds: { type: 'integer', maximum: 9 },
          },
          required: ['model'],
        },
      },
    ],
    ...changes,
  });
}

export const keys = {
  anthropic: { apiKey: 'sk-ant-canary-1234567890' },
  openai: { apiKey: 'sk-openai-canary-123456' },
};

export interface Called {
  cloud: WorkerCloud;
  id: string;
}

/** A queued job of the type `meeting`. */
export async function callMeeting(
  payload: MeetingPayload = payloadOf(),
  { budgetUsd = 5, given = keys }: { budgetUsd?: number; given?: object } = {},
): Promise<Called> {
  const cloud = makeWorkerCloud({ keys: given });
  const { deps } = cloud;
  const input = { type: 'meeting' as const, payload };
  const text = canonicalJson(input);
  const inputSha256 = deps.digest.sha256(text);
  const key = inputKey('default', inputSha256);
  await deps.objects.put(key, text);
  const request = {
    type: 'meeting',
    project: 'default',
    priority: 'high',
    dependsOn: [],
    maxAttempts: 3,
    timeoutSeconds: 3_600,
    deadlineSeconds: 86_400,
    budgetUsd,
  } as unknown as JobRequest;
  const id = 'meeting-1';
  const fields = {
    callerArn: 'arn:aws:iam::1:role/Client',
    requestSha256: inputSha256,
    traceparent: '00-aa-bb-01',
  };
  await deps.store.create(newJobRow(deps, { id, ...fields, request, input, inputSha256, inputKey: key }));
  return { cloud, id };
}

export const action = (changes: Partial<PlannedAction> = {}) => ({
  id: 1,
  action: 'Evaluate the new model on the holdout set.',
  kind: 'evaluation',
  owner: 'evaluator',
  priority: 'high',
  estimatedDuration: '5min',
  successCriteria: ['NDCG@10 is at least 0.72.'],
  checks: [{ criterion: 'NDCG@10 is at least 0.72.', tool: 'run_evaluation', args: { model: 'new' } }],
  ...changes,
});

export const closingOf = (changes: Partial<Record<keyof Closing, unknown>> = {}) => ({
  summary: 'We go step by step.',
  decisions: [{ decision: 'We roll out.', reason: 'It is better.', by: ['moderator', 'critic'] }],
  actions: [
    action(),
    action({
      id: 2,
      action: 'Deploy the new model to five percent.',
      kind: 'deployment',
      owner: 'deployer',
      priority: 'medium',
      dependsOn: [1],
    }),
  ],
  ...changes,
});

export const statementOf = (changes: Partial<Statement> = {}) => ({
  statement: 'I am for it.',
  proposals: ['Evaluate the model.'],
  objections: ['The holdout set is small.'],
  vote: 'go' as const,
  voteReason: 'It is better.',
  ...changes,
});

export interface Asked {
  member: MemberId;
  /** 0 when the meeting is to be closed. */
  round: number;
  /** Answers since this question was put. */
  tries: number;
  request: ModelRequest;
}

export function askedOf(request: ModelRequest): Asked {
  const member = ids.find((id) => request.system?.includes(`I am ${id}.`)) as MemberId;
  const last = request.messages.findLastIndex((message) => questionIn(message) !== undefined);
  const question = questionIn(request.messages[last]) ?? '';
  const tries = request.messages.slice(last).filter(({ role }) => role === 'assistant').length;
  const isClosing = /^# Close the meeting$/m.test(question);
  return { member, round: isClosing ? 0 : Number(/^# Round (\d)/m.exec(question)?.[1]), tries, request };
}

function questionIn(message: ModelRequest['messages'][number] | undefined): string | undefined {
  const [block] = message?.role === 'user' ? message.content : [];
  return block?.type === 'text' && block.text.startsWith('# ') ? block.text : undefined;
}

export function textsOf({ messages }: ModelRequest): string {
  return messages
    .flatMap(({ content }) => content.map((block) => ('text' in block ? block.text : '')))
    .join('\n');
}

export const speak = (changes: Partial<Statement> = {}): Say => ({
  calls: [{ name: 'speak', input: statementOf(changes) }],
});
export const close = (changes: Partial<Record<keyof Closing, unknown>> = {}): Say => ({
  calls: [{ name: 'close_meeting', input: closingOf(changes) }],
});

/** Everybody says yes, and the moderator closes, but for what a test says otherwise. */
export function scriptOf(
  otherwise: (asked: Asked) => Say | Promise<Say | undefined> | undefined = () => undefined,
): Script {
  return async (_, request) => {
    const asked = askedOf(request);
    const said = await otherwise(asked);
    if (said) return said;
    return asked.round === 0 ? close() : speak({ statement: `${asked.member} in round ${asked.round}.` });
  };
}
