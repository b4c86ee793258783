import { offlineHeader, secretsOf } from '#contracts/provider-keys.ts';
import type { Model, ModelRequest, ModelTurn } from '#core/ports/model.ts';
import type { WorkerTime } from '#core/ports/worker.ts';
import { guardStream } from './broken-stream.ts';
import { makeOpenAiClient, type OpenAiOptions } from './openai-client.ts';
import { isOpenAiError, toModelError } from './openai-errors.ts';
import { toResponsesParams } from './openai-responses-request.ts';
import { ResponseReader } from './openai-responses-stream.ts';
import { type CallContext, makeProviderModel } from './provider-model.ts';
import { providerNameOf } from './provider-names.ts';

/** A model over OpenAI's Responses API, always streamed, with Muster's own retries. The key stays in here. */
export function makeResponsesModel(options: OpenAiOptions, time: WorkerTime): Model {
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
  const params = toResponsesParams(request, options.entry);
  const reader = new ResponseReader(providerNameOf(options.credential), JSON.stringify(params), onText);
  trackUsage(() => reader.usageSoFar());
  const client = makeOpenAiClient(options, fetch);
  const {
    data: events,
    response,
    request_id,
  } = await client.responses.create(params, { signal }).withResponse();
  for await (const event of guardStream(events, isOpenAiError)) reader.add(event);
  return {
    ...reader.turn(),
    offline: response.headers.has(offlineHeader),
    requestId: request_id ?? undefined,
  };
}
