import type { ToolUseBlock } from '#contracts/conversation.ts';
import type { FieldFault } from '#contracts/errors.ts';
import type { ResultEntry, TranscriptEntry, UsageEntry } from '#contracts/transcript.ts';
import type { StopReason } from '../ports/model.ts';
import type { Conversation } from './conversation.ts';
import { userText } from './segments.ts';
import type { Slice } from './slice.ts';
import { callsOf } from './transcript.ts';

/** Turns beyond the first that a question may take. */
export const repairsMax = 3;

/** What a question is to be answered with. */
export interface ToolQuestion<T> {
  /** The call that is wanted. The conversation may offer more tools, which are not for this question. */
  tool: string;
  read(input: unknown): { value: T } | { faults: readonly FieldFault[] };
  /** What the call is answered with once it is taken. */
  accepted: string;
  /** Hears of each answer that has to be given again. */
  onFaults?(faults: readonly FieldFault[]): void;
}

export type ToolAnswer<T> =
  | { kind: 'given'; value: T }
  /** All repairs are used up; the faults are those of the last answer. */
  | { kind: 'faulty'; faults: readonly FieldFault[] }
  /** The model will not answer, or cannot any more. */
  | { kind: 'refused'; reason: string }
  /** This worker's time is nearly over, and all is recorded: another attempt goes on. */
  | { kind: 'sliced' };

/**
 * Asks until the call of the one tool is valid. Each step follows from what the transcript holds since `from`
 * (the number of entries before the question), so an attempt that begins in the middle goes on from there. What
 * it returns is recorded.
 */
export async function askWithTool<T>(
  conversation: Conversation,
  from: number,
  question: ToolQuestion<T>,
  { signal, slice }: { signal: AbortSignal; slice?: Slice | undefined },
): Promise<ToolAnswer<T>> {
  for (;;) {
    answerCalls(conversation, from, question);
    const end = findEnd(conversation.transcript.entries.slice(from), question) ?? findSlice(slice);
    if (end) {
      await conversation.save(signal);
      return end;
    }
    if (endedInWords(conversation)) conversation.add(userText(nudge(question)));
    const ask = () => conversation.ask(signal);
    await (slice ? slice.turn(ask) : ask());
  }
}

function findSlice(slice: Slice | undefined): { kind: 'sliced' } | undefined {
  return slice?.isOver() ? { kind: 'sliced' } : undefined;
}

/** Reads what a question has come to, from its entries alone; undefined while it is open. */
export function findEnd<T>(
  entries: readonly TranscriptEntry[],
  { tool, read }: ToolQuestion<T>,
): ToolAnswer<T> | undefined {
  const taken = findTaken(entries, tool);
  if (taken) {
    const found = read(taken.input);
    return 'value' in found
      ? { kind: 'given', value: found.value }
      : { kind: 'faulty', faults: found.faults };
  }
  const usages = entries.filter((entry) => entry.kind === 'usage');
  const refusal = refusalOf(usages.at(-1));
  if (refusal !== undefined) return { kind: 'refused', reason: refusal };
  if (usages.length <= repairsMax) return undefined;
  return { kind: 'faulty', faults: lastFaults(entries, tool, read) };
}

/** The call whose result is no error. Ids are compared within a turn only: some servers give them out again. */
function findTaken(entries: readonly TranscriptEntry[], tool: string): ToolUseBlock | undefined {
  let calls: ToolUseBlock[] = [];
  for (const entry of entries) {
    if (entry.kind === 'message') calls = entry.message.role === 'assistant' ? callsOf(entry.message) : [];
    if (entry.kind !== 'result' || entry.block.isError) continue;
    const call = calls.find(({ id, name }) => id === entry.block.toolUseId && name === tool);
    if (call) return call;
  }
  return undefined;
}

function refusalOf(usage: UsageEntry | undefined): string | undefined {
  const stopReason = usage?.stopReason as StopReason | undefined;
  if (stopReason === 'refusal') return 'the model refused to answer';
  if (stopReason === 'model_context_window_exceeded')
    return "the conversation no longer fits the model's context window";
  return undefined;
}

function lastFaults<T>(
  entries: readonly TranscriptEntry[],
  tool: string,
  read: ToolQuestion<T>['read'],
): readonly FieldFault[] {
  const message = entries.findLast((entry) => entry.kind === 'message' && entry.message.role === 'assistant');
  const calls = message?.kind === 'message' ? callsOf(message.message) : [];
  const call = calls.find(({ name }) => name === tool);
  if (!call) return [{ path: '', message: `${tool} was not called` }];
  if (call.invalid !== undefined) return [{ path: '', message: call.invalid }];
  const found = read(call.input);
  return 'faults' in found ? found.faults : [{ path: '', message: cutOff }];
}

function answerCalls<T>(conversation: Conversation, from: number, question: ToolQuestion<T>): void {
  const { transcript } = conversation;
  const tail = transcript.tail();
  if (tail.kind !== 'calls') return;
  for (const call of tail.open) {
    const isTaken = findTaken(transcript.entries.slice(from), question.tool) !== undefined;
    conversation.add(isTaken ? refuse(call, 'not_run', alreadyTaken) : judge(call, tail.usage, question));
  }
}

function judge<T>(
  call: ToolUseBlock,
  usage: UsageEntry | undefined,
  { tool, read, accepted, onFaults }: ToolQuestion<T>,
): ResultEntry {
  if (refusalOf(usage) !== undefined) return refuse(call, 'not_run', 'The answer was refused.');
  if (call.name !== tool) return refuse(call, 'unknown_tool', otherTool(call.name, tool));
  const fault = usage?.stopReason === 'max_tokens' ? cutOff : call.invalid;
  const found = fault === undefined ? read(call.input) : { faults: [{ path: '', message: fault }] };
  if ('value' in found) return toResult(call, accepted);
  onFaults?.(found.faults);
  return refuse(call, 'invalid_input', renderFaults(tool, found.faults));
}

function endedInWords({ transcript }: Conversation): boolean {
  const tail = transcript.tail();
  // A pause goes on by itself.
  return tail.kind === 'said' && tail.usage?.stopReason !== 'pause_turn';
}

function nudge<T>({ tool, onFaults }: ToolQuestion<T>): string {
  onFaults?.([{ path: '', message: `${tool} was not called` }]);
  return `You have answered in words, which nobody reads. Call ${tool} now, with all that you have to say.`;
}

const cutOff =
  'the answer was cut off at its maximum length, so this call is incomplete; call again, with fewer words';
const alreadyTaken = 'Another call of this answer was taken already.';

function otherTool(name: string, tool: string): string {
  return `${JSON.stringify(name.slice(0, 100))} is not what is asked for now. Call ${tool}.`;
}

const faultsShown = 60;

/** Every fault at once, each with its place, as the model is told. */
export function renderFaults(tool: string, faults: readonly FieldFault[]): string {
  const lines = faults.slice(0, faultsShown).map((fault) => `- ${describeFault(fault)}`);
  const more = faults.length > faultsShown ? [`- and ${faults.length - faultsShown} more`] : [];
  return [
    `The input of ${tool} was not taken. Put all of this right and call it again:`,
    ...lines,
    ...more,
  ].join('\n');
}

export function describeFault({ path, message }: FieldFault): string {
  return `${path || 'input'}: ${message}`.slice(0, 600);
}

function toResult({ id }: ToolUseBlock, content: string): ResultEntry {
  const block = { type: 'tool_result' as const, toolUseId: id, content, isError: false };
  return { kind: 'result', block, milliseconds: 0 };
}

function refuse({ id }: ToolUseBlock, failure: ResultEntry['failure'], content: string): ResultEntry {
  const block = { type: 'tool_result' as const, toolUseId: id, content, isError: true };
  return { kind: 'result', block, failure, milliseconds: 0 };
}
