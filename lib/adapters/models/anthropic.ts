import Anthropic from '@anthropic-ai/sdk';
import { offlineHeader } from '#contracts/provider-keys.ts';
import type { TokenUsage } from '#contracts/usage.ts';
import {
  type ContentBlock,
  type Model,
  ModelError,
  type ModelRequest,
  type ModelTurn,
  type StopReason,
  stopReasons,
  type TurnOptions,
} from '#core/ports/model.ts';
import type { WorkerTime } from '#core/ports/worker.ts';
import { makeRetryingModel } from '#core/work/retrying-model.ts';
import { toModelError } from './anthropic-errors.ts';
import { startIdleWatchdog } from './idle-watchdog.ts';

/** A stream without a byte for this long is dead. The API sends pings in between. */
export const idleMs = 120_000;

export interface AnthropicOptions {
  apiKey: string;
  /** Another server that speaks the Messages API; default Anthropic's own. */
  baseUrl?: string | undefined;
}

type Message = Anthropic.Message;
type Stream = ReturnType<Anthropic['messages']['stream']>;

/** Claude over the Messages API, always streamed, with Muster's own retries. The key stays in here. */
export function makeAnthropicModel(options: AnthropicOptions, time: WorkerTime): Model {
  return makeRetryingModel({ turn: (request, turn) => callOnce(options, time, request, turn) }, time);
}

async function callOnce(
  options: AnthropicOptions,
  time: WorkerTime,
  request: ModelRequest,
  { signal, onText }: TurnOptions,
): Promise<ModelTurn> {
  const idle = new AbortController();
  const watchdog = startIdleWatchdog(time, idleMs, () => idle.abort());
  const client = makeClient(options, watchdog.touch);
  const stream = client.messages.stream(toParams(request), {
    signal: AbortSignal.any([signal, idle.signal]),
  });
  if (onText) stream.on('text', (delta) => onText(delta));
  try {
    // Asked for together: were `finalMessage` only called afterwards, its rejection could go unhandled.
    const [{ response, request_id }, message] = await Promise.all([
      stream.withResponse(),
      stream.finalMessage(),
    ]);
    return toTurn(message, response.headers.has(offlineHeader), request_id ?? undefined);
  } catch (error) {
    const usage = usageSoFar(stream);
    if (signal.aborted) throw new ModelError('interrupted', 'The worker stops', { cause: error, ...usage });
    if (idle.signal.aborted) throw silent(error, usage);
    throw withoutKey(toModelError(error, usage.usage, time.nowMs()), options.apiKey);
  } finally {
    watchdog.stop();
  }
}

function makeClient({ apiKey, baseUrl }: AnthropicOptions, touch: () => void): Anthropic {
  return new Anthropic({
    apiKey,
    authToken: null,
    // Named always: left out, the SDK would look for it in the environment.
    baseURL: baseUrl ?? 'https://api.anthropic.com',
    maxRetries: 0,
    openTelemetry: false,
    // The SDK logs what it cannot parse, and that is what a model wrote.
    logLevel: 'off',
    fetch: (input, init) => watchedFetch(input, init, touch),
  });
}

/** The SDK swallows pings, so that only the bytes themselves show whether a stream is alive. */
async function watchedFetch(
  input: string | URL | Request,
  init: RequestInit | undefined,
  touch: () => void,
): Promise<Response> {
  const response = await fetch(input, init);
  touch();
  if (!response.body) return response;
  const transform = (chunk: Uint8Array, controller: TransformStreamDefaultController<Uint8Array>) => {
    touch();
    controller.enqueue(chunk);
  };
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(new TransformStream({ transform })), {
    status,
    statusText,
    headers,
  });
}

function toParams(request: ModelRequest): Anthropic.MessageStreamParams {
  return {
    model: request.model,
    max_tokens: request.maxTokens,
    ...(request.system && { system: [{ type: 'text', text: request.system }] }),
    messages: request.messages.map(({ role, content }) => ({ role, content: content.map(toBlockParam) })),
  };
}

function toBlockParam(block: ContentBlock): Anthropic.ContentBlockParam {
  // An opaque block came from this provider and goes back to it, byte for byte.
  return block.type === 'text'
    ? { type: 'text', text: block.text }
    : (block.raw as Anthropic.ContentBlockParam);
}

function toTurn(message: Message, offline: boolean, requestId: string | undefined): ModelTurn {
  const content = message.content.map(toBlock);
  const text = content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('');
  const stopReason = requireStopReason(message);
  const stopDetail = message.stop_details?.explanation ?? undefined;
  return {
    content,
    text,
    stopReason,
    stopDetail,
    usage: toUsage(message.usage),
    model: message.model,
    offline,
    requestId,
  };
}

function toBlock(block: Anthropic.ContentBlock): ContentBlock {
  return block.type === 'text' ? { type: 'text', text: block.text } : { type: 'opaque', raw: block };
}

function requireStopReason(message: Message): StopReason {
  const reason = stopReasons.find((known) => known === message.stop_reason);
  if (reason) return reason;
  const usage = toUsage(message.usage);
  if (message.stop_reason === null) {
    throw new ModelError('provider_unavailable', 'The stream from Anthropic ended before its end', { usage });
  }
  const said = `The model stopped for a reason that is not known here: "${message.stop_reason}"`;
  throw new ModelError('worker_error', said, { usage, retryable: false });
}

function toUsage(usage: Anthropic.Usage): TokenUsage {
  return {
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    cacheReadTokens: usage.cache_read_input_tokens ?? 0,
    cacheWriteTokens: usage.cache_creation_input_tokens ?? 0,
  };
}

/**
 * What a call that broke off is likely to be billed. Output is only stated at the end of a stream, so what was
 * seen is estimated, with 3 characters to a token to be on the dear side.
 */
function usageSoFar(stream: Stream): { usage?: TokenUsage } {
  const message = stream.currentMessage ?? stream.receivedMessages.at(-1);
  if (!message) return {};
  const usage = toUsage(message.usage);
  const characters = JSON.stringify(message.content).length;
  const seen = message.content.length === 0 ? 0 : Math.ceil(characters / 3);
  return { usage: { ...usage, outputTokens: Math.max(usage.outputTokens, seen) } };
}

function silent(cause: unknown, usage: { usage?: TokenUsage }): ModelError {
  const message = `Anthropic has sent nothing for ${idleMs / 1_000} s`;
  return new ModelError('provider_unavailable', message, { cause, ...usage });
}

/** A server that echoes what it was sent must not bring the key into a log: its own words go, as does the cause. */
function withoutKey(error: unknown, apiKey: string): unknown {
  if (!(error instanceof ModelError) || !error.message.includes(apiKey)) return error;
  const { code, message, remedy, retryable, usage, retryAfterMs } = error;
  return new ModelError(code, message.replaceAll(apiKey, '[secret]'), {
    retryable,
    ...(remedy !== undefined && { remedy }),
    ...(usage && { usage }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}
