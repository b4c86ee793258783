import type { Model } from '#core/ports/model.ts';
import type { WorkerTime } from '#core/ports/worker.ts';
import { toChatParams } from './openai-chat-request.ts';
import { CompletionReader } from './openai-chat-stream.ts';
import type { OpenAiOptions } from './openai-client.ts';
import { makeOpenAiModel } from './openai-model.ts';

/** A model over OpenAI's chat completions, as Gemini and many servers speak them. */
export function makeChatModel(options: OpenAiOptions, time: WorkerTime): Model {
  return makeOpenAiModel(
    ({ entry }, request, onText) => {
      const params = toChatParams(request, entry);
      return {
        reader: new CompletionReader(JSON.stringify(params), onText),
        send: (client, signal) => client.chat.completions.create(params, { signal }).withResponse(),
      };
    },
    options,
    time,
  );
}
