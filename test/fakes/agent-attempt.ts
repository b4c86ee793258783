import type { ContentBlock, ModelMessage } from '../../lib/contracts/conversation.ts';
import type { ControlPlane } from '../../lib/core/ports/control.ts';
import type { ModelRequest, ModelTurn, TurnOptions } from '../../lib/core/ports/model.ts';
import type { Sandbox } from '../../lib/core/ports/sandbox.ts';
import type { WorkerPorts, WorkPoint } from '../../lib/core/ports/worker.ts';
import type { AttemptEnding } from '../../lib/core/work/report-outcome.ts';
import { runAttempt } from '../../lib/core/work/run-attempt.ts';
import { WorkerStop } from '../../lib/core/work/worker-stop.ts';
import { MemorySandbox } from './memory-sandbox.ts';
import { sha256, ticket, type WorkerCloud } from './worker-cloud.ts';
import { HastyTime } from './worker-time.ts';

/** What the model says at a turn; the number is that of the answers before it in the request. */
export type Script = (turn: number, request: ModelRequest, options: TurnOptions) => Say | Promise<Say>;
export interface Say {
  text?: string;
  calls?: { name: string; input: unknown; invalid?: string }[];
  stopReason?: ModelTurn['stopReason'];
  usage?: Partial<ModelTurn['usage']>;
}

export interface AttemptOptions {
  script: Script;
  sandbox?: Sandbox;
  ports?: Partial<WorkerPorts>;
  /** Gets what tells the worker to stop, as SIGTERM does. */
  onStop?(request: () => void): void;
  /** Where the worker is to die, and how often it may pass there before. */
  dieAt?: { point: WorkPoint; after: number };
}

export interface RanAttempt {
  ending: AttemptEnding | 'died';
  requests: ModelRequest[];
  points: WorkPoint[];
  stop: WorkerStop;
}

/** One attempt of a worker over the real control plane's use cases, with a scripted model and memory for the rest. */
export async function runAgentAttempt(
  cloud: WorkerCloud,
  id: string,
  { script, sandbox = new MemorySandbox(), ports = {}, dieAt, onStop }: AttemptOptions,
): Promise<RanAttempt> {
  const attempt = await cloud.assign(id);
  const requests: ModelRequest[] = [];
  const points: WorkPoint[] = [];
  const { promise: death, resolve: die } = Promise.withResolvers<'died'>();
  let dead = false;
  const time = ports.time ?? new HastyTime();
  const stop = new WorkerStop(time);
  onStop?.(() => stop.request('interrupted'));
  const all: WorkerPorts = {
    control: mortal(cloud.control, () => dead),
    objects: cloud.objects,
    time,
    sha256Hex: sha256,
    log: () => undefined,
    openSandbox: async () => sandbox,
    openModel: async () => ({
      turn: async (request, options) => {
        requests.push(structuredClone(request));
        const turn = request.messages.filter(({ role }) => role === 'assistant').length + 1;
        return toTurn(turn, await script(turn, request, options));
      },
    }),
    passed: (point) => {
      points.push(point);
      const isThere = dieAt?.point === point && points.filter((one) => one === point).length > dieAt.after;
      if (!isThere && !dead) return undefined;
      dead = true;
      die('died');
      return never;
    },
    ...ports,
  };
  const assignment = { jobId: id, attempt, ticket, instance: sha256(`${attempt}`), processedBy: 'test' };
  const ending = await Promise.race([runAttempt(assignment, all, stop, () => undefined), death]);
  return { ending, requests, points, stop };
}

const never = new Promise<never>(() => undefined);

/** Nothing that a dead worker would have said is heard. */
function mortal(control: ControlPlane, isDead: () => boolean): ControlPlane {
  const names = Object.keys(control) as (keyof ControlPlane)[];
  const wrapped = names.map((name) => {
    const call = control[name] as (...given: unknown[]) => Promise<unknown>;
    return [name, (...given: unknown[]) => (isDead() ? never : call(...given))];
  });
  return Object.fromEntries(wrapped) as ControlPlane;
}

function toTurn(turn: number, { text = '', calls = [], stopReason, usage }: Say): ModelTurn {
  const content: ContentBlock[] = [
    ...(text === '' ? [] : [{ type: 'text' as const, text }]),
    ...calls.map((call, index) => ({ type: 'tool_use' as const, id: `t${turn}-${index + 1}`, ...call })),
  ];
  return {
    content,
    text,
    stopReason: stopReason ?? (calls.length > 0 ? 'tool_use' : 'end_turn'),
    usage: { inputTokens: 100, outputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0, ...usage },
    model: 'claude-sonnet-5-5',
    offline: false,
  };
}

export const submitCall = {
  name: 'submit_result',
  input: {
    summary: 'Done.',
    evidence: [{ criterion: 'It works', check: 'ran it', output: 'ok' }],
    confidence: 0.8,
    limitations: [],
  },
};

/** What every provider asks of a conversation; an empty list means that it is well formed. */
export function faultsOf(messages: readonly ModelMessage[]): string[] {
  const faults: string[] = [];
  let open: string[] = [];
  for (const [index, { role, content }] of messages.entries()) {
    const results = content.flatMap((block) => (block.type === 'tool_result' ? [block.toolUseId] : []));
    if (results.join() !== open.join()) faults.push(`message ${index}: results ${results} for calls ${open}`);
    if (content.length === 0) faults.push(`message ${index} is empty`);
    open =
      role === 'assistant' ? content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : [])) : [];
  }
  if (messages[0]?.role !== 'user') faults.push('the first message is not the user’s');
  if (messages.at(-1)?.role !== 'user') faults.push('the last message is not the user’s');
  return faults;
}

export async function resultOf(cloud: WorkerCloud, id: string) {
  const { result } = await cloud.row(id);
  const text = result && (await cloud.deps.objects.get(result.key));
  return text === undefined ? undefined : JSON.parse(text);
}

export const agentBody = (payload: Record<string, unknown> = {}, more: Record<string, unknown> = {}) => ({
  type: 'agent',
  payload: { prompt: 'Do it.', ...payload },
  ...more,
});

export const keys = { anthropic: { apiKey: 'sk-ant-canary-1234567890' } };
