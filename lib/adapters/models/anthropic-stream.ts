import type Anthropic from '@anthropic-ai/sdk';
import { noUsage, type TokenUsage } from '#contracts/usage.ts';
import {
  type ContentBlock,
  ModelError,
  type ModelTurn,
  type StopReason,
  stopReasons,
} from '#core/ports/model.ts';
import { BrokenStream } from './broken-stream.ts';
import { estimateTokens } from './estimate-tokens.ts';
import { joinText, readToolInput, withoutCutCalls } from './tool-input.ts';

type Event = Anthropic.RawMessageStreamEvent;
type Fields = Record<string, unknown> & { type: string };

interface Draft {
  block: Fields;
  /** The input of a tool so far, which comes as JSON in pieces. */
  json: string;
}

/**
 * Puts a streamed message together. Not left to the SDK's helper, which reads the input of a tool leniently: cut
 * off or malformed, it must not look like one that was meant.
 */
export class MessageReader {
  readonly #onText: (delta: string) => void;
  readonly #drafts: Draft[] = [];
  #model = '';
  #usage: TokenUsage | undefined;
  #end: Anthropic.RawMessageDeltaEvent.Delta | undefined;

  constructor(onText: (delta: string) => void) {
    this.#onText = onText;
  }

  add(event: Event): void {
    switch (event.type) {
      case 'message_start':
        this.#model = event.message.model;
        this.#usage = mergeUsage(noUsage, event.message.usage);
        return;
      case 'content_block_start':
        this.#drafts[event.index] = { block: { ...event.content_block }, json: '' };
        if (event.content_block.type === 'text' && event.content_block.text !== '')
          this.#onText(event.content_block.text);
        return;
      case 'content_block_delta':
        this.#addDelta(event);
        return;
      case 'message_delta':
        this.#usage = mergeUsage(this.#usage ?? noUsage, event.usage);
        this.#end = event.delta;
        return;
      default:
        return;
    }
  }

  #addDelta({ index, delta }: Anthropic.RawContentBlockDeltaEvent): void {
    const draft = this.#drafts[index];
    if (!draft) throw new BrokenStream(new Error(`a piece of block ${index}, which has not begun`));
    const { block } = draft;
    switch (delta.type) {
      case 'text_delta':
        block.text = `${block.text ?? ''}${delta.text}`;
        this.#onText(delta.text);
        return;
      case 'thinking_delta':
        block.thinking = `${block.thinking ?? ''}${delta.thinking}`;
        return;
      case 'signature_delta':
        block.signature = delta.signature;
        return;
      case 'input_json_delta':
        draft.json += delta.partial_json;
        return;
      case 'citations_delta':
        block.citations = [...((block.citations as unknown[] | null | undefined) ?? []), delta.citation];
        return;
      default:
        throw unknownPiece(delta, this.usageSoFar());
    }
  }

  /** What a call that broke off is likely to be billed: output is only stated at the end of a stream. */
  usageSoFar(): TokenUsage | undefined {
    if (!this.#usage) return undefined;
    const seen = this.#drafts.map(({ block, json }) => JSON.stringify(block) + json);
    const outputTokens = Math.max(this.#usage.outputTokens, estimateTokens(seen));
    return { ...this.#usage, outputTokens };
  }

  /** @throws BrokenStream before the end has come */
  turn(): Omit<ModelTurn, 'offline' | 'requestId'> {
    if (!this.#usage || !this.#end?.stop_reason) throw new BrokenStream(undefined);
    const stopReason = requireStopReason(this.#end.stop_reason, this.#usage);
    const content = withoutCutCalls(this.#drafts.flatMap(toBlocks), stopReason);
    return {
      content,
      text: joinText(content),
      stopReason,
      stopDetail: this.#end.stop_details?.explanation ?? undefined,
      usage: this.#usage,
      model: this.#model,
    };
  }
}

function toBlocks({ block, json }: Draft): ContentBlock[] {
  const { type, ...fields } = block;
  if (type === 'text') {
    const { text, ...rest } = fields;
    // The API sends empty ones and takes none back.
    return text === '' ? [] : [{ type: 'text', text: String(text), ...rawOf(rest) }];
  }
  if (type !== 'tool_use') return [{ type: 'opaque', raw: { api: 'messages', value: block } }];
  const { id, name, input, ...rest } = fields;
  const read = readToolInput(json === '' ? JSON.stringify(input ?? {}) : json);
  return [{ type: 'tool_use', id: String(id), name: String(name), ...read, ...rawOf(rest) }];
}

/** Fields that say something and have no place of their own here. */
function rawOf(rest: Record<string, unknown>) {
  const said = Object.entries(rest).filter(([, value]) => value !== null && value !== undefined);
  return said.length === 0 ? {} : { raw: { api: 'messages' as const, value: Object.fromEntries(said) } };
}

/** In a stream usage is cumulative, and a server may leave out what it does not count. */
function mergeUsage(
  before: TokenUsage,
  usage: Partial<Anthropic.Usage | Anthropic.MessageDeltaUsage>,
): TokenUsage {
  return {
    inputTokens: usage.input_tokens ?? before.inputTokens,
    outputTokens: usage.output_tokens ?? before.outputTokens,
    cacheReadTokens: usage.cache_read_input_tokens ?? before.cacheReadTokens,
    cacheWriteTokens: usage.cache_creation_input_tokens ?? before.cacheWriteTokens,
  };
}

function requireStopReason(said: string, usage: TokenUsage): StopReason {
  const reason = stopReasons.find((known) => known === said);
  if (reason) return reason;
  const message = `The model stopped for a reason that is not known here: "${said}"`;
  throw new ModelError('worker_error', message, { usage, retryable: false });
}

/** To leave it out would change what goes back to the provider. */
function unknownPiece(delta: never, usage: TokenUsage | undefined): ModelError {
  const { type } = delta as { type: string };
  const message = `A piece of an answer has a type that is not known here: "${type}"`;
  return new ModelError('worker_error', message, { retryable: false, ...(usage && { usage }) });
}
