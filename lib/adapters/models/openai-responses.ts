import type { Model } from '#core/ports/model.ts';
import type { WorkerTime } from '#core/ports/worker.ts';
import type { OpenAiOptions } from './openai-client.ts';
import { makeOpenAiModel } from './openai-model.ts';
import { toResponsesParams } from './openai-responses-request.ts';
import { ResponseReader } from './openai-responses-stream.ts';
import { providerNameOf } from './provider-names.ts';

/** A model over OpenAI's Responses API. */
export function makeResponsesModel(options: OpenAiOptions, time: WorkerTime): Model {
  return makeOpenAiModel(
    ({ credential, entry }, request, onText) => {
      const params = toResponsesParams(request, entry);
      return {
        reader: new ResponseReader(providerNameOf(credential), JSON.stringify(params), onText),
        send: (client, signal) => client.responses.create(params, { signal }).withResponse(),
      };
    },
    options,
    time,
  );
}
