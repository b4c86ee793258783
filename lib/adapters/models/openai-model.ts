import type OpenAI from 'openai';
import { offlineHeader, secretsOf } from '#contracts/provider-keys.ts';
import type { TokenUsage } from '#contracts/usage.ts';
import type { Model, ModelRequest, ModelTurn } from '#core/ports/model.ts';
import type { WorkerTime } from '#core/ports/worker.ts';
import { guardStream } from './broken-stream.ts';
import { makeOpenAiClient, type OpenAiOptions } from './openai-client.ts';
import { isOpenAiError, toModelError } from './openai-errors.ts';
import { type CallContext, makeProviderModel } from './provider-model.ts';
import { providerNameOf } from './provider-names.ts';

/** One call over one of OpenAI's two APIs: how it is sent, and who puts the pieces of its answer together. */
export interface OpenAiCall<Piece> {
  reader: {
    add(piece: Piece): void;
    usageSoFar(): TokenUsage | undefined;
    turn(): Omit<ModelTurn, 'offline' | 'requestId'>;
  };
  send(client: OpenAI, signal: AbortSignal): Promise<Answer<Piece>>;
}

interface Answer<Piece> {
  data: AsyncIterable<Piece>;
  response: Response;
  request_id: string | null | undefined;
}

type PrepareCall<Piece> = (
  options: OpenAiOptions,
  request: ModelRequest,
  onText: CallContext['onText'],
) => OpenAiCall<Piece>;

/** A model over OpenAI's SDK, always streamed, with Muster's own retries. The key stays in here. */
export function makeOpenAiModel<Piece>(
  prepare: PrepareCall<Piece>,
  options: OpenAiOptions,
  time: WorkerTime,
): Model {
  const { credential } = options;
  const name = providerNameOf(credential);
  return makeProviderModel(
    {
      name: credential.name,
      secrets: () => secretsOf(credential),
      call: (request, context) => call(prepare(options, request, context.onText), options, context),
      toError: (error, usage, nowMs) => toModelError(name, error, usage, nowMs),
    },
    time,
  );
}

async function call<Piece>(
  { reader, send }: OpenAiCall<Piece>,
  options: OpenAiOptions,
  { signal, fetch, trackUsage }: CallContext,
): Promise<ModelTurn> {
  trackUsage(() => reader.usageSoFar());
  const { data, response, request_id } = await send(makeOpenAiClient(options, fetch), signal);
  for await (const piece of guardStream(data, isOpenAiError)) reader.add(piece);
  return {
    ...reader.turn(),
    offline: response.headers.has(offlineHeader),
    requestId: request_id ?? undefined,
  };
}
