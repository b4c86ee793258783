import type OpenAI from 'openai';
import type { TokenUsage } from '#contracts/usage.ts';
import { type ContentBlock, ModelError, type ModelTurn, type StopReason } from '#core/ports/model.ts';
import { BrokenStream } from './broken-stream.ts';
import { estimateTokens } from './estimate-tokens.ts';
import { rawOf, said, toToolUse, type WrittenCall } from './openai-parts.ts';
import { joinText, withoutCutCalls } from './tool-input.ts';

type Chunk = OpenAI.Chat.ChatCompletionChunk;
type Delta = OpenAI.Chat.ChatCompletionChunk.Choice.Delta;
type CallDelta = OpenAI.Chat.ChatCompletionChunk.Choice.Delta.ToolCall;
type Fields = Record<string, unknown>;

const api = 'chat';

interface Draft extends WrittenCall {
  index: number;
}

/** Puts streamed chat completions together. */
export class CompletionReader {
  readonly #prompt: string;
  readonly #onText: (delta: string) => void;
  readonly #calls: Draft[] = [];
  #id = '';
  #model: string | undefined;
  #text = '';
  #refusal = '';
  /** What Gemini puts on a message, its thought signature, say. */
  #extra: Fields | undefined;
  #finish: string | undefined;
  #usage: OpenAI.CompletionUsage | undefined;

  constructor(prompt: string, onText: (delta: string) => void) {
    this.#prompt = prompt;
    this.#onText = onText;
  }

  add(chunk: Chunk): void {
    this.#model = chunk.model ?? this.#model ?? '';
    this.#id ||= chunk.id ?? '';
    this.#usage = chunk.usage ?? this.#usage;
    const choice = chunk.choices?.[0];
    if (!choice) return;
    this.#finish = choice.finish_reason ?? this.#finish;
    const { delta } = choice;
    if (delta?.content) {
      this.#text += delta.content;
      this.#onText(delta.content);
    }
    this.#refusal += delta?.refusal ?? '';
    this.#extra = extraOf(delta) ?? this.#extra;
    for (const call of delta?.tool_calls ?? []) this.#addCall(call);
  }

  /**
   * The id tells calls apart, then the index: some servers give every parallel call the index 0, and some
   * give no ids.
   */
  #addCall({ index = this.#calls.length, id, type: _, function: part, ...rest }: CallDelta): void {
    const known = id
      ? this.#calls.find((call) => call.id === id)
      : this.#calls.findLast((call) => call.index === index);
    const call = known ?? this.#begin(index, id);
    call.name ||= part?.name ?? '';
    call.arguments += part?.arguments ?? '';
    Object.assign(call.rest, said({ ...rest }));
  }

  #begin(index: number, id: string | undefined): Draft {
    const own = `call_${this.#id.replace(/[^\w-]/g, '')}_${this.#calls.length}`;
    const call = { index, id: id || own, name: '', arguments: '', rest: {} };
    this.#calls.push(call);
    return call;
  }

  /** Until the end nothing is stated, so what was sent and seen is estimated. */
  usageSoFar(): TokenUsage | undefined {
    if (this.#usage) return toUsage(this.#usage);
    if (this.#model === undefined) return undefined;
    const seen = [this.#text, ...this.#calls.map((call) => call.arguments)];
    return {
      inputTokens: estimateTokens([this.#prompt]),
      outputTokens: estimateTokens(seen),
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
    };
  }

  /** @throws BrokenStream before the end has come */
  turn(): Omit<ModelTurn, 'offline' | 'requestId'> {
    const usage = this.usageSoFar();
    if (this.#finish === undefined || !usage) throw new BrokenStream(undefined);
    const stopReason = toStopReason(this.#finish, this.#calls.length > 0, this.#refusal !== '', usage);
    const content = withoutCutCalls(this.#blocks(), stopReason);
    return {
      content,
      text: joinText(content),
      stopReason,
      stopDetail: this.#refusal || undefined,
      usage,
      model: this.#model ?? '',
    };
  }

  #blocks(): ContentBlock[] {
    const extra = this.#extra ? { extra_content: this.#extra } : {};
    const calls = this.#calls.map((call) => toToolUse(call, api));
    if (this.#text !== '') return [{ type: 'text', text: this.#text, ...rawOf(extra, api) }, ...calls];
    return this.#extra ? [{ type: 'opaque', raw: { api, value: extra } }, ...calls] : calls;
  }
}

function extraOf(delta: Delta | undefined): Fields | undefined {
  return (delta as { extra_content?: Fields } | undefined)?.extra_content ?? undefined;
}

function toStopReason(finish: string, hasCalls: boolean, isRefused: boolean, usage: TokenUsage): StopReason {
  if (isRefused) return 'refusal';
  switch (finish.toLowerCase()) {
    case 'stop':
    case 'tool_calls':
    case 'function_call':
      // Some servers say "stop" after calls too.
      return hasCalls ? 'tool_use' : 'end_turn';
    case 'length':
      return 'max_tokens';
    case 'content_filter':
      return 'refusal';
    case 'malformed_function_call':
      throw new ModelError(
        'provider_unavailable',
        'The model wrote a call that its provider could not read',
        {
          usage,
        },
      );
    default:
      throw new ModelError(
        'worker_error',
        `The model stopped for a reason that is not known here: "${finish}"`,
        { retryable: false, usage },
      );
  }
}

/** Google leaves thinking out of the completion's tokens, though not out of the total. */
function toUsage(usage: OpenAI.CompletionUsage): TokenUsage {
  const { prompt_tokens, completion_tokens, total_tokens = 0, prompt_tokens_details: details } = usage;
  const cacheReadTokens = details?.cached_tokens ?? 0;
  return {
    inputTokens: Math.max(0, prompt_tokens - cacheReadTokens),
    outputTokens: Math.max(completion_tokens, total_tokens - prompt_tokens),
    cacheReadTokens,
    cacheWriteTokens: 0,
  };
}
