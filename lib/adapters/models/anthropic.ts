import type { ModelEntry } from '#contracts/model-entry.ts';
import { offlineHeader, type ProviderCredential } from '#contracts/provider-keys.ts';
import type { Model, ModelRequest, ModelTurn } from '#core/ports/model.ts';
import type { WorkerTime } from '#core/ports/worker.ts';
import type { MakeClient } from './anthropic-client.ts';
import { isAnthropicError, toModelError } from './anthropic-errors.ts';
import { toParams } from './anthropic-request.ts';
import { MessageReader } from './anthropic-stream.ts';
import { guardStream } from './broken-stream.ts';
import { type CallContext, makeProviderModel } from './provider-model.ts';
import { providerNameOf } from './provider-names.ts';

export interface AnthropicOptions {
  credential: ProviderCredential;
  entry: ModelEntry;
  makeClient: MakeClient;
}

/** A model over the Messages API, always streamed, with Muster's own retries. The credential stays in here. */
export function makeAnthropicModel(options: AnthropicOptions, time: WorkerTime): Model {
  const { credential } = options;
  const name = providerNameOf(credential);
  return makeProviderModel(
    {
      credential,
      call: (request, context) => call(options, request, context),
      toError: (error, usage, nowMs) => toModelError(name, error, usage, nowMs),
    },
    time,
  );
}

async function call(
  { makeClient, entry }: AnthropicOptions,
  request: ModelRequest,
  { signal, fetch, onText, trackUsage }: CallContext,
): Promise<ModelTurn> {
  const reader = new MessageReader(onText);
  trackUsage(() => reader.usageSoFar());
  const {
    data: events,
    response,
    request_id,
  } = await makeClient(fetch).messages.create(toParams(request, entry), { signal }).withResponse();
  for await (const event of guardStream(events, isAnthropicError)) reader.add(event);
  return {
    ...reader.turn(),
    offline: response.headers.has(offlineHeader),
    requestId: request_id ?? undefined,
  };
}
