import type OpenAI from 'openai';
import type { TokenUsage } from '#contracts/usage.ts';
import { type ContentBlock, ModelError, type ModelTurn, type StopReason } from '#core/ports/model.ts';
import { BrokenStream } from './broken-stream.ts';
import { estimateTokens } from './estimate-tokens.ts';
import { judgeCode } from './openai-errors.ts';
import { rawOf, said, toToolUse } from './openai-parts.ts';
import type { ProviderName } from './provider-names.ts';
import { joinText, withoutCutCalls } from './tool-input.ts';

type Event = OpenAI.Responses.ResponseStreamEvent;
type Response = OpenAI.Responses.Response;
type Item = OpenAI.Responses.ResponseOutputItem;

const api = 'responses';

/** Puts a streamed response together. Its last event holds all of it, usage included. */
export class ResponseReader {
  readonly #name: ProviderName;
  readonly #prompt: string;
  readonly #onText: (delta: string) => void;
  readonly #items: Item[] = [];
  #seen = '';
  #hasBegun = false;
  #response: Response | undefined;

  constructor(name: ProviderName, prompt: string, onText: (delta: string) => void) {
    this.#name = name;
    this.#prompt = prompt;
    this.#onText = onText;
  }

  add(event: Event): void {
    this.#hasBegun = true;
    switch (event.type) {
      case 'response.output_text.delta':
        this.#seen += event.delta;
        this.#onText(event.delta);
        return;
      case 'response.function_call_arguments.delta':
        this.#seen += event.delta;
        return;
      case 'response.output_item.done':
        this.#items[event.output_index] = event.item;
        return;
      case 'response.completed':
      case 'response.incomplete':
        this.#response = event.response;
        return;
      case 'response.failed':
        throw this.#failed(event.response.error?.code, event.response.error?.message, event.response);
      case 'error':
        throw this.#failed(event.code ?? undefined, event.message, undefined);
      default:
        return;
    }
  }

  #failed(code: string | undefined, message: string | undefined, response: Response | undefined): ModelError {
    const { code: ours, retryable, remedy } = judgeCode(code, this.#name);
    const usage = (response && toUsage(response)) ?? this.usageSoFar();
    const what = `${this.#name.label} broke off with ${code ?? 'an error'}: ${message ?? 'no message'}`;
    return new ModelError(ours, what, { retryable, ...(remedy && { remedy }), ...(usage && { usage }) });
  }

  /** Until the end nothing is stated, so what was sent and seen is estimated. */
  usageSoFar(): TokenUsage | undefined {
    if (this.#response) return toUsage(this.#response);
    if (!this.#hasBegun) return undefined;
    const inputTokens = estimateTokens([this.#prompt]);
    return {
      inputTokens,
      outputTokens: estimateTokens([this.#seen]),
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
    };
  }

  /** @throws BrokenStream before the end has come */
  turn(): Omit<ModelTurn, 'offline' | 'requestId'> {
    const response = this.#response;
    const usage = response && toUsage(response);
    if (!response || !usage) throw new BrokenStream(undefined);
    const items = response.output.length > 0 ? response.output : this.#items;
    const blocks = items.flatMap(toBlocks);
    const refusal = refusalIn(items);
    const stopReason = toStopReason(response, blocks, refusal !== undefined, usage);
    const content = withoutCutCalls(blocks, stopReason);
    return {
      content,
      text: joinText(content),
      stopReason,
      stopDetail: refusal,
      usage,
      model: response.model,
    };
  }
}

function toBlocks(item: Item): ContentBlock[] {
  if (item.type === 'function_call') {
    const { type: _, call_id, name, arguments: written, ...rest } = item;
    return [toToolUse({ id: call_id, name, arguments: written, rest }, api)];
  }
  if (item.type !== 'message') return [{ type: 'opaque', raw: { api, value: item } }];
  const text = item.content.flatMap((part) => (part.type === 'output_text' ? [part.text] : [])).join('');
  const { type: _, role: __, content: ___, ...rest } = item;
  return [{ type: 'text', text, ...rawOf(isPlain(item) ? said(rest) : { item }, api) }];
}

/** One text and nothing on it, which is what nearly every message is. */
function isPlain({ content }: OpenAI.Responses.ResponseOutputMessage): boolean {
  const [part] = content;
  if (content.length !== 1 || part?.type !== 'output_text') return false;
  return part.annotations.length === 0 && (part.logprobs ?? []).length === 0;
}

function refusalIn(items: readonly Item[]): string | undefined {
  const parts = items.flatMap((item) => (item.type === 'message' ? item.content : []));
  return parts.flatMap((part) => (part.type === 'refusal' ? [part.refusal] : []))[0];
}

function toStopReason(
  { status, incomplete_details }: Response,
  blocks: readonly ContentBlock[],
  isRefused: boolean,
  usage: TokenUsage,
): StopReason {
  const reason = incomplete_details?.reason;
  if (isRefused || reason === 'content_filter') return 'refusal';
  if (reason === 'max_output_tokens') return 'max_tokens';
  if (status === 'completed') return blocks.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end_turn';
  const message = `The model stopped for a reason that is not known here: "${reason ?? status}"`;
  throw new ModelError('worker_error', message, { retryable: false, usage });
}

function toUsage({ usage }: Response): TokenUsage | undefined {
  if (!usage) return undefined;
  const cacheReadTokens = usage.input_tokens_details?.cached_tokens ?? 0;
  const cacheWriteTokens = usage.input_tokens_details?.cache_write_tokens ?? 0;
  return {
    inputTokens: Math.max(0, usage.input_tokens - cacheReadTokens - cacheWriteTokens),
    outputTokens: usage.output_tokens,
    cacheReadTokens,
    cacheWriteTokens,
  };
}
