import { isErrorCode } from '#contracts/errors.ts';
import { limits } from '#contracts/limits.ts';
import { defaultModel } from '#contracts/model-prices.ts';
import { toUsd } from '#contracts/usage.ts';
import { reservationFor } from '#core/money/price.ts';
import { formatUsd } from '../format.ts';

export interface PricedRequest {
  type: string;
  payload: Record<string, unknown>;
  model?: string | undefined;
  system?: string | undefined;
  maxTokens?: number | undefined;
  maxAttempts?: number | undefined;
  budgetUsd?: number | undefined;
}

/** What a job can cost at most, as a sentence, or undefined where it asks no model. */
export function costBound(request: PricedRequest, offlineModel: boolean): string | undefined {
  if (request.type === 'echo') return undefined;
  if (offlineModel) return 'Costs nothing: the offline model answers, with prewritten words.';
  const budget =
    request.budgetUsd === undefined ? "the deployment's job budget" : formatUsd(request.budgetUsd);
  const callUsd = callBoundUsd(request);
  if (callUsd === undefined) return `Costs at most ${budget}.`;
  const tries = request.maxAttempts ?? limits.maxAttemptsDefault;
  const each = tries === 1 ? '' : ` a try (up to ${tries})`;
  return `Costs at most ${formatUsd(callUsd)}${each}, and never more than ${budget}.`;
}

function callBoundUsd({ payload, ...request }: PricedRequest): number | undefined {
  // How many calls the others make, nobody knows beforehand: their budget is the bound.
  if (request.type !== 'chat' && request.type !== 'claude_chat') return undefined;
  const { prompt, system = request.system, model = request.model ?? defaultModel } = payload;
  const maxTokens = payload.maxTokens ?? payload.max_tokens ?? request.maxTokens ?? limits.maxTokensDefault;
  if (typeof prompt !== 'string' || typeof model !== 'string' || typeof maxTokens !== 'number')
    return undefined;
  const inputTokens =
    Buffer.byteLength(prompt) + Buffer.byteLength(String(system ?? '')) + limits.promptOverheadTokens;
  try {
    return toUsd(reservationFor(model, inputTokens, maxTokens));
  } catch (error) {
    // A model that has no price here may have one where the job runs; there it is refused or bounded.
    if (error instanceof Error && 'code' in error && isErrorCode(error.code)) return undefined;
    throw error;
  }
}
