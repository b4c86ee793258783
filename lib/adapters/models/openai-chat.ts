import { offlineHeader, secretsOf } from '#contracts/provider-keys.ts';
import type { Model, ModelRequest, ModelTurn } from '#core/ports/model.ts';
import type { WorkerTime } from '#core/ports/worker.ts';
import { guardStream } from './broken-stream.ts';
import { toChatParams } from './openai-chat-request.ts';
import { CompletionReader } from './openai-chat-stream.ts';
import { makeOpenAiClient, type OpenAiOptions } from './openai-client.ts';
import { isOpenAiError, toModelError } from './openai-errors.ts';
import { type CallContext, makeProviderModel } from './provider-model.ts';
import { providerNameOf } from './provider-names.ts';

/**
 * A model over OpenAI's chat completions, as Gemini and many servers speak them, always streamed, with Muster's
 * own retries. The key stays in here.
 */
export function makeChatModel(options: OpenAiOptions, time: WorkerTime): Model {
  const { credential } = options;
  const name = providerNameOf(credential);
  return makeProviderModel(
    {
      name: credential.name,
      secrets: () => secretsOf(credential),
      call: (request, context) => call(options, request, context),
      toError: (error, usage, nowMs) => toModelError(name, error, usage, nowMs),
    },
    time,
  );
}

async function call(
  options: OpenAiOptions,
  request: ModelRequest,
  { signal, fetch, onText, trackUsage }: CallContext,
): Promise<ModelTurn> {
  const params = toChatParams(request, options.entry);
  const reader = new CompletionReader(JSON.stringify(params), onText);
  trackUsage(() => reader.usageSoFar());
  const client = makeOpenAiClient(options, fetch);
  const {
    data: chunks,
    response,
    request_id,
  } = await client.chat.completions.create(params, { signal }).withResponse();
  for await (const chunk of guardStream(chunks, isOpenAiError)) reader.add(chunk);
  return {
    ...reader.turn(),
    offline: response.headers.has(offlineHeader),
    requestId: request_id ?? undefined,
  };
}
