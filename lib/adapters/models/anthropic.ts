import type { ModelEntry } from '#contracts/model-entry.ts';
import { type ModelProvider, offlineHeader } from '#contracts/provider-keys.ts';
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
  name: ModelProvider;
  /** Of all credentials that there were until now. */
  secrets(): readonly string[];
  entry: ModelEntry;
  makeClient: MakeClient;
}

/** A model over the Messages API, always streamed, with Muster's own retries. The credential stays in here. */
export function makeAnthropicModel(options: AnthropicOptions, time: WorkerTime): Model {
  const { name, secrets } = options;
  const names = providerNameOf(options);
  return makeProviderModel(
    {
      name,
      secrets,
      call: (request, context) => call(options, request, context),
      toError: (error, usage, nowMs) => toModelError(names, error, usage, nowMs),
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
  const client = await makeClient(fetch, signal);
  const {
    data: events,
    response,
    request_id,
  } = await client.messages.create(toParams(request, entry), { signal }).withResponse();
  for await (const event of guardStream(events, isAnthropicError)) reader.add(event);
  return {
    ...reader.turn(),
    offline: response.headers.has(offlineHeader),
    requestId: request_id ?? undefined,
  };
}
