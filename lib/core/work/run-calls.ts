import type { ToolUseBlock } from '#contracts/conversation.ts';
import type { ResultEntry, UsageEntry } from '#contracts/transcript.ts';
import { runTool } from '../tools/run-tool.ts';
import type { Tool, ToolOutcome } from '../tools/tool.ts';
import type { Agent } from './agent.ts';
import { describeCall, describeOutcome } from './describe-call.ts';

const unknownOutcome =
  'Outcome unknown: the worker was restarted while this ran. Look at what is there before you repeat it.';
const cutOff =
  'Nothing was run: the answer was cut off at maxTokens, so this call may be incomplete. Call again, with less in one call.';

/** Tools that leave the workspace as it is. */
const readers: readonly string[] = [
  'artifact_put',
  'http_get',
  'list_files',
  'notes_get',
  'notes_put',
  'read_file',
];

/**
 * Answers the open calls of the last turn. Side by side where all of them could be run again; otherwise one by
 * one, after the turn has been recorded, and each that could not be run again is recorded before the next.
 */
export async function runCalls(
  agent: Agent,
  open: readonly ToolUseBlock[],
  usage: UsageEntry | undefined,
): Promise<void> {
  if (usage?.stopReason === 'max_tokens') return answer(agent, open.map(notRun(cutOff)));
  const { repeatable, once } = sortOut(agent, open);
  const lost = once.filter(({ id }) => agent.interrupted.has(id));
  answer(agent, lost.map(lostCall));
  const ready = open.filter((call) => !lost.includes(call));
  if (repeatable.length === ready.length) return runTogether(agent, ready);
  await agent.conversation.save(agent.signal);
  await agent.context.ports.passed?.('turn.recorded');
  await runInTurn(agent, lastSubmit(agent, ready), once);
}

function sortOut(agent: Agent, open: readonly ToolUseBlock[]) {
  const repeatable = open.filter((call) => isRepeatable(call, agent.tools));
  return { repeatable, once: open.filter((call) => !repeatable.includes(call)) };
}

/** A call that will not be run does no harm either. */
function isRepeatable(call: ToolUseBlock, tools: readonly Tool[]): boolean {
  const tool = find(call, tools);
  return (
    !tool || tool.definition.idempotent || call.invalid !== undefined || 'faults' in tool.prepare(call.input)
  );
}

function find({ name }: ToolUseBlock, tools: readonly Tool[]): Tool | undefined {
  return tools.find(({ definition }) => definition.name === name);
}

/** The turn is recorded meanwhile; should that fail, nothing is lost that cannot be done again. */
async function runTogether(agent: Agent, calls: readonly ToolUseBlock[]): Promise<void> {
  const running = Promise.allSettled(calls.map((call) => runCall(agent, call)));
  const [recorded, results] = await Promise.all([settled(agent.conversation.save(agent.signal)), running]);
  if (recorded.status === 'rejected') throw recorded.reason;
  answer(
    agent,
    results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

async function settled(promise: Promise<unknown>): Promise<PromiseSettledResult<unknown>> {
  const [result] = await Promise.allSettled([promise]);
  return result;
}

async function runInTurn(
  agent: Agent,
  calls: readonly ToolUseBlock[],
  once: readonly ToolUseBlock[],
): Promise<void> {
  let unsafe = false;
  for (const call of calls) {
    if (unsafe && once.includes(call)) {
      await agent.checkpoint(agent.signal);
      unsafe = false;
    }
    answer(agent, [await runCall(agent, call)]);
    unsafe ||= once.includes(call);
  }
}

/** Whatever it hands in is to be true of what the other calls have done. */
function lastSubmit(agent: Agent, calls: readonly ToolUseBlock[]): ToolUseBlock[] {
  const isSubmit = ({ name }: ToolUseBlock) => name === agent.terminal.tool.definition.name;
  return [...calls.filter((call) => !isSubmit(call)), ...calls.filter(isSubmit)];
}

function answer(agent: Agent, results: readonly ResultEntry[]): void {
  agent.conversation.add(...results);
}

function isReader({ terminal }: Agent, { name }: ToolUseBlock): boolean {
  return readers.includes(name) || name === terminal.tool.definition.name;
}

async function runCall(agent: Agent, call: ToolUseBlock): Promise<ResultEntry> {
  const { context, signal, watch } = agent;
  const { events, ports } = context;
  const subject = { tool: call.name.slice(0, 100), id: call.id.slice(0, 200) };
  events.say({ type: 'tool_start', ...subject, summary: describeCall(call) });
  await ports.passed?.('tool.started');
  const begunAtMs = ports.time.nowMs();
  if (!isReader(agent, call)) agent.workspace?.touch();
  const outcome = await run(agent, call, signal);
  const milliseconds = Math.max(0, Math.round(ports.time.nowMs() - begunAtMs));
  await ports.passed?.('tool.ended');
  watch.moved();
  const summary = describeOutcome(outcome);
  events.say({ type: 'tool_end', ...subject, ok: !outcome.isError, milliseconds, summary });
  return toEntry(call, outcome, milliseconds);
}

async function run(agent: Agent, call: ToolUseBlock, signal: AbortSignal): Promise<ToolOutcome> {
  if (call.invalid === undefined) return runTool(call, agent.tools, agent.toolDeps, signal);
  return { content: `Nothing was run: ${call.invalid}`, isError: true, failure: 'invalid_input' };
}

function toEntry(call: ToolUseBlock, outcome: ToolOutcome, milliseconds: number): ResultEntry {
  const { content, isError, failure } = outcome;
  return {
    kind: 'result',
    block: { type: 'tool_result', toolUseId: call.id, content, isError },
    milliseconds,
    ...(failure && { failure }),
  };
}

function notRun(content: string) {
  return (call: ToolUseBlock): ResultEntry => refusal(call, content, 'not_run');
}

function lostCall(call: ToolUseBlock): ResultEntry {
  return refusal(call, unknownOutcome, 'unknown_outcome');
}

function refusal(call: ToolUseBlock, content: string, failure: ResultEntry['failure']): ResultEntry {
  const block = { type: 'tool_result' as const, toolUseId: call.id, content, isError: true };
  return { kind: 'result', block, failure, milliseconds: 0 };
}
