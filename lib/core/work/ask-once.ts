import type { ResponseCache } from '#contracts/conversation.ts';
import { AppError } from '#contracts/errors.ts';
import { limits } from '#contracts/limits.ts';
import type { TokenUsage } from '#contracts/usage.ts';
import type { ReserveRequest, Settlement, TurnReply } from '#contracts/worker-protocol.ts';
import { priceOf, requirePrice } from '../money/price.ts';
import {
  type Model,
  ModelError,
  type ModelRequest,
  type ModelTurn,
  type ReservedMoney,
} from '../ports/model.ts';
import { openModel } from './open-model.ts';
import { responseKeyOf } from './response-key.ts';
import { utf8Length } from './utf8.ts';
import { watchAnswer } from './watch-answer.ts';
import { fromWholeAnswer, toWholeAnswer } from './whole-answer.ts';
import type { ResultDocument, WorkContext, WorkOutcome } from './work-outcome.ts';

export interface Question {
  /** Names the reservation. */
  conversation: string;
  model: string;
  maxTokens: number;
  system?: string | undefined;
  prompt: string;
  responseCache?: ResponseCache | undefined;
}

type ToDocument = (answer: ModelTurn, costMicroUsd: number, cached?: true) => ResultDocument;

/**
 * One question to a model, streamed. Money is reserved before the call and settled with the outcome, whatever
 * becomes of it.
 */
export async function askOnce(
  question: Question,
  context: WorkContext,
  toDocument: ToDocument,
): Promise<WorkOutcome> {
  requirePrice(question.model);
  const lookup = lookupOf(question, context);
  // Loading the SDK takes as long as the call does.
  const opening = Promise.all([openModel(question.model, context), reserve(question, context, 1, lookup)]);
  const [model, { reservedMicroUsd: microUsd, response }] = await opening;
  let turn = 1;
  if (response) return recall(fromWholeAnswer(response), question, context, toDocument);
  const renew = async (used: TokenUsage) => {
    const settle = settlementOf(question, used, turn);
    turn += 1;
    const { responseKey } = lookup;
    return (await reserve(question, context, turn, { responseKey }, settle)).reservedMicroUsd;
  };
  try {
    const answer = await ask(model, question, context, { microUsd, renew });
    return toOutcome(question, answer, context, toDocument, turn);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { kind: 'failed', error, settle: error.usage && settlementOf(question, error.usage, turn) };
  }
}

type Lookup = Pick<ReserveRequest, 'responseKey' | 'maxAgeHours'>;

/** Where the answer may come from the cache, or go there. */
function lookupOf(question: Question, { ports, provider }: WorkContext): Lookup {
  const { responseCache } = question;
  if (!responseCache) return {};
  const responseKey = responseKeyOf(requestOf(question), provider, ports.sha256Hex);
  return { responseKey, maxAgeHours: responseCache.hours };
}

/** An answer that was given before. Nothing is owed for it. */
function recall(
  answer: ModelTurn,
  question: Question,
  { events, ports }: WorkContext,
  toDocument: ToDocument,
): WorkOutcome {
  const { text, stopReason, model } = answer;
  events.say({ type: 'started', message: `Asking ${question.model}` });
  events.text(text);
  events.say({ type: 'turn', turn: 1, stopReason, costMicroUsd: 0, cached: true });
  ports.log('info', 'the model answered', { model, stopReason, cached: true });
  return {
    kind: 'done',
    document: toDocument(answer, 0, true),
    ...(answer.offline && { offline: true }),
  };
}

function reserve(
  question: Question,
  { control, session, signal }: WorkContext,
  turn: number,
  lookup: Lookup,
  settle?: Settlement,
): Promise<TurnReply> {
  const { conversation, model, maxTokens, prompt, system = '' } = question;
  const inputTokensMax = utf8Length(prompt) + utf8Length(system) + limits.promptOverheadTokens;
  return control.turn(
    {
      ...session,
      ...(settle && { settle }),
      reserve: { conversation, turn, model, inputTokensMax, maxTokens, ...lookup },
    },
    signal,
  );
}

function ask(
  model: Model,
  question: Question,
  context: WorkContext,
  reserved: ReservedMoney,
): Promise<ModelTurn> {
  context.events.say({ type: 'started', message: `Asking ${question.model}` });
  return model.turn(requestOf(question), watchAnswer(context, context.signal, { reserved }));
}

function requestOf({ model, system, prompt, maxTokens }: Question): ModelRequest {
  return {
    model,
    system,
    messages: [{ role: 'user', content: [{ type: 'text', text: prompt }] }],
    maxTokens,
  };
}

function toOutcome(
  question: Question,
  answer: ModelTurn,
  context: WorkContext,
  toDocument: ToDocument,
  turn: number,
): WorkOutcome {
  const { stopReason, usage, model, requestId } = answer;
  const response = question.responseCache && toWholeAnswer(answer);
  const settle = { ...settlementOf(question, usage, turn), ...(response && { response }) };
  const costMicroUsd = priceOf(question.model, usage);
  context.events.say({ type: 'turn', turn, stopReason, costMicroUsd });
  context.ports.log('info', 'the model answered', { model, stopReason, requestId });
  const error = findRefusal(answer);
  if (error) return { kind: 'failed', error, settle };
  const document = toDocument(answer, costMicroUsd);
  return { kind: 'done', document, settle, ...(answer.offline && { offline: true }) };
}

/** Which ways to end are no answer. A cut answer (`max_tokens`) is one: its stop reason tells. */
export function findRefusal(answer: ModelTurn): AppError | undefined {
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
        { remedy: 'Shorten the prompt' },
      );
    case 'tool_use':
    case 'pause_turn':
      return new AppError(
        'worker_error',
        `The model ended a chat with "${answer.stopReason}", which has no tools`,
        { retryable: false },
      );
    default:
      return answer.stopReason satisfies never;
  }
}

function detailOf(answer: ModelTurn): string {
  return answer.stopDetail === undefined ? '' : `: ${answer.stopDetail}`;
}

function settlementOf({ conversation, model }: Question, usage: TokenUsage, turn: number): Settlement {
  return { conversation, turn, model, usage };
}
