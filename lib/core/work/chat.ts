import { AppError } from '#contracts/errors.ts';
import type { ChatPayload } from '#contracts/job-request.ts';
import { limits } from '#contracts/limits.ts';
import { type TokenUsage, toUsd } from '#contracts/usage.ts';
import type { Settlement } from '#contracts/worker-protocol.ts';
import { priceOf, requirePrice } from '../money/price.ts';
import { type Model, ModelError, type ModelRequest, type ModelTurn } from '../ports/model.ts';
import { utf8Length } from './utf8.ts';
import type { WorkContext, WorkOutcome } from './work-outcome.ts';

const conversation = 'chat';
const turn = 1;

/** One question to a model, streamed. Money is reserved before the call and settled whatever becomes of it. */
export async function runChat(payload: ChatPayload, context: WorkContext): Promise<WorkOutcome> {
  const provider = requireProvider(context);
  requirePrice(payload.model);
  // Loading the SDK takes as long as the call does.
  const [model] = await Promise.all([context.ports.openModel(provider), reserve(payload, context)]);
  try {
    const answer = await ask(model, payload, context);
    return toOutcome(payload, answer, context);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { kind: 'failed', error, settle: error.usage && settlementOf(payload, error.usage) };
  }
}

function requireProvider(context: WorkContext) {
  if (context.provider) return context.provider;
  throw new AppError('provider_key_missing', 'There is no key for the provider of this model (anthropic)', {
    remedy: 'muster keys set anthropic',
  });
}

async function reserve(payload: ChatPayload, context: WorkContext): Promise<void> {
  const { control, session, signal } = context;
  const inputTokensMax =
    utf8Length(payload.prompt) + utf8Length(payload.system ?? '') + limits.promptOverheadTokens;
  const { model, maxTokens } = payload;
  await control.turn(
    { ...session, reserve: { conversation, turn, model, inputTokensMax, maxTokens } },
    signal,
  );
}

function ask(model: Model, payload: ChatPayload, context: WorkContext): Promise<ModelTurn> {
  const { events, signal, ports } = context;
  const request: ModelRequest = {
    model: payload.model,
    system: payload.system,
    messages: [{ role: 'user', content: [{ type: 'text', text: payload.prompt }] }],
    maxTokens: payload.maxTokens,
  };
  events.say({ type: 'started', message: `Asking ${payload.model}` });
  return model.turn(request, {
    signal,
    onText: (delta) => events.text(delta),
    onRestart: (cause) => {
      ports.log('warn', 'the model call broke off and is tried again', {
        code: cause.code,
        error: cause.message,
      });
      events.say({
        type: 'note',
        message: `The answer broke off and begins again: ${cause.message}`.slice(0, 4_000),
      });
    },
  });
}

function toOutcome(payload: ChatPayload, answer: ModelTurn, context: WorkContext): WorkOutcome {
  const { text, stopReason, usage, model } = answer;
  const settle = settlementOf(payload, usage);
  const costMicroUsd = priceOf(payload.model, usage);
  context.events.say({ type: 'turn', turn, stopReason, costMicroUsd });
  context.ports.log('info', 'the model answered', { model, stopReason, requestId: answer.requestId });
  const error = toError(answer);
  if (error) return { kind: 'failed', error, settle };
  const document = { text, model, stopReason, usage, costUsd: toUsd(costMicroUsd) };
  if (!answer.offline) return { kind: 'done', document, settle };
  return { kind: 'done', document: { ...document, offline: true }, offline: true, settle };
}

/** Which ways to end are no answer. A cut answer (`max_tokens`) is one: its stop reason tells. */
function toError(answer: ModelTurn): AppError | undefined {
  switch (answer.stopReason) {
    case 'end_turn':
    case 'max_tokens':
    case 'stop_sequence':
      return undefined;
    case 'refusal':
      return new AppError('provider_refused', `The model refused to answer${detailOf(answer)}`, {
        remedy: 'Ask differently, or choose another model',
      });
    case 'model_context_window_exceeded':
      return new AppError(
        'provider_refused',
        "The prompt and its answer do not fit the model's context window",
        {
          remedy: 'Shorten the prompt',
        },
      );
    case 'tool_use':
    case 'pause_turn':
      return new AppError(
        'worker_error',
        `The model ended a chat with "${answer.stopReason}", which has no tools`,
        {
          retryable: false,
        },
      );
    default:
      return answer.stopReason satisfies never;
  }
}

function detailOf(answer: ModelTurn): string {
  return answer.stopDetail === undefined ? '' : `: ${answer.stopDetail}`;
}

function settlementOf(payload: ChatPayload, usage: TokenUsage): Settlement {
  return { conversation, turn, model: payload.model, usage };
}
