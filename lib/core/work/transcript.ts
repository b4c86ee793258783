import type { ModelMessage, ToolResultBlock, ToolUseBlock } from '#contracts/conversation.ts';
import type { HeadEntry, ResultEntry, TranscriptEntry, UsageEntry } from '#contracts/transcript.ts';

/** What the last entries of a transcript ask for next. */
export type Tail =
  /** The model's turn: the last message is the user's. */
  | { kind: 'ask' }
  /** Calls of the last answer that have no result yet. */
  | { kind: 'calls'; open: ToolUseBlock[]; usage: UsageEntry | undefined }
  /** The model has ended without a call. */
  | { kind: 'said'; message: ModelMessage; usage: UsageEntry | undefined };

/** A call with what came of it. */
export interface AnsweredCall {
  call: ToolUseBlock;
  result: ResultEntry;
}

/**
 * A conversation as the entries that were recorded. Messages follow from them by one pure function, and entries
 * are only ever added, so that every request begins with the one before it, to the byte.
 */
export class Transcript {
  readonly #entries: TranscriptEntry[];

  constructor(entries: readonly TranscriptEntry[] = []) {
    this.#entries = [...entries];
  }

  get entries(): readonly TranscriptEntry[] {
    return this.#entries;
  }

  add(...entries: TranscriptEntry[]): void {
    this.#entries.push(...entries);
  }

  head(): HeadEntry | undefined {
    return this.#entries.find((entry) => entry.kind === 'head');
  }

  usages(): UsageEntry[] {
    return this.#entries.filter((entry) => entry.kind === 'usage');
  }

  /** The number of the latest answer; 0 before the first. */
  turns(): number {
    return this.usages().at(-1)?.turn ?? 0;
  }

  messages(): ModelMessage[] {
    return toMessages(this.#entries);
  }

  tail(): Tail {
    const at = this.#entries.findLastIndex(({ kind }) => kind === 'message');
    const last = this.#entries[at];
    if (last?.kind !== 'message' || last.message.role === 'user') return { kind: 'ask' };
    const after = this.#entries.slice(at + 1);
    const usage = after.find((entry) => entry.kind === 'usage');
    const calls = callsOf(last.message);
    if (calls.length === 0) return { kind: 'said', message: last.message, usage };
    const done = new Set(after.flatMap((entry) => (entry.kind === 'result' ? [entry.block.toolUseId] : [])));
    const open = calls.filter(({ id }) => !done.has(id));
    return open.length === 0 ? { kind: 'ask' } : { kind: 'calls', open, usage };
  }

  /** All calls that have a result, by turn and then in the order of the calls. */
  answered(): AnsweredCall[] {
    const results = new Map<string, ResultEntry>();
    for (const entry of this.#entries) if (entry.kind === 'result') results.set(entry.block.toolUseId, entry);
    return this.#entries
      .flatMap((entry) => (entry.kind === 'message' ? callsOf(entry.message) : []))
      .flatMap((call) => {
        const result = results.get(call.id);
        return result ? [{ call, result }] : [];
      });
  }

  /** The calls of the last answer, with what came of them. */
  lastAnswered(): AnsweredCall[] {
    const last = this.#entries.findLast((entry) => entry.kind === 'message');
    if (last?.kind !== 'message') return [];
    const ids = new Set(callsOf(last.message).map(({ id }) => id));
    return this.answered().filter(({ call }) => ids.has(call.id));
  }

  /** What the model has last written for people. */
  lastText(): string {
    for (const entry of this.#entries.toReversed()) {
      if (entry.kind !== 'message' || entry.message.role !== 'assistant') continue;
      const text = textOf(entry.message).trim();
      if (text !== '') return text;
    }
    return '';
  }
}

export function callsOf({ content }: ModelMessage): ToolUseBlock[] {
  return content.filter((block) => block.type === 'tool_use');
}

export function textOf({ content }: ModelMessage): string {
  return content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('');
}

/**
 * Assistant message, then all its results as one user message in the order of the calls. Results of a turn whose
 * last call is still open are left out, for no provider takes them.
 */
export function toMessages(entries: readonly TranscriptEntry[]): ModelMessage[] {
  const messages: ModelMessage[] = [];
  let calls: ToolUseBlock[] = [];
  let results = new Map<string, ToolResultBlock>();
  for (const entry of entries) {
    if (entry.kind === 'message') {
      // No provider takes a message without content, which is what an answer of no words is.
      if (entry.message.content.length > 0) messages.push(entry.message);
      calls = entry.message.role === 'assistant' ? callsOf(entry.message) : [];
      results = new Map();
    } else if (entry.kind === 'result') {
      results.set(entry.block.toolUseId, entry.block);
      const content = calls.flatMap(({ id }) => results.get(id) ?? []);
      if (calls.length > 0 && content.length === calls.length) messages.push({ role: 'user', content });
    }
  }
  return messages;
}
