import { addUsage, noUsage, type TokenUsage } from '#contracts/usage.ts';
import { priceOf, reservationFor } from '../money/price.ts';
import {
  type Model,
  ModelError,
  type ModelRequest,
  type ModelTurn,
  type TurnOptions,
} from '../ports/model.ts';
import type { WorkerTime } from '../ports/worker.ts';
import { retryDelayMs } from '../retry.ts';

/** Calls of one turn, the first included. The SDK below repeats nothing itself, so this is all there are. */
export const modelTries = 4;
export const modelRetry = { baseMs: 1_000, capMs: 30_000 };
/** A provider that asks for a longer pause gets it from the job's own retry, which holds no worker meanwhile. */
export const retryAfterCapMs = 60_000;

/**
 * Repeats a turn whose failure is retryable, up to 4 calls in all. What a failed try has written is void; what
 * it has used is added to the usage of the turn, or of the error when the last try fails too, unless it was settled
 * to put money aside for the next one.
 */
export function makeRetryingModel(model: Model, time: WorkerTime): Model {
  return { turn: (request, options) => turn(model, time, request, options) };
}

async function turn(
  model: Model,
  time: WorkerTime,
  request: ModelRequest,
  options: TurnOptions,
): Promise<ModelTurn> {
  let spent = noUsage;
  let last = noUsage;
  let reservedMicroUsd = options.reserved?.microUsd;
  for (let tries = 1; ; tries += 1) {
    const watched = watchText(options);
    try {
      const answer = await model.turn(request, watched.options);
      return { ...answer, usage: addUsage(spent, answer.usage) };
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      // What it had used by then nobody knows, so nothing is settled: its reservation stays.
      if (error.code === 'interrupted' && error.usage === undefined) throw error;
      last = error.usage ?? last;
      spent = addUsage(spent, error.usage ?? noUsage);
      const waitMs = waitBefore(tries, error, time);
      if (waitMs === undefined || options.signal.aborted) throw withUsage(error, spent);
      if (watched.hasText()) options.onRestart?.(error);
      await time.sleep(waitMs, options.signal).catch(() => {
        throw withUsage(new ModelError('interrupted', 'The worker stops', { cause: error }), spent);
      });
      if (isAffordable(request, reservedMicroUsd, spent, last)) continue;
      reservedMicroUsd = await options.reserved?.renew(spent);
      spent = noUsage;
    }
  }
}

/** Undefined where another try is no use. */
function waitBefore(tries: number, error: ModelError, time: WorkerTime): number | undefined {
  if (!error.retryable || tries >= modelTries) return undefined;
  const backOffMs = retryDelayMs(tries, modelRetry, () => time.random());
  if (error.retryAfterMs === undefined) return backOffMs;
  return error.retryAfterMs > retryAfterCapMs ? undefined : Math.max(error.retryAfterMs, backOffMs);
}

/** The same request again has as many input tokens as the try before it had, and at most all its output tokens. */
function isAffordable(
  { model, maxTokens }: ModelRequest,
  reservedMicroUsd: number | undefined,
  spent: TokenUsage,
  last: TokenUsage,
): boolean {
  if (reservedMicroUsd === undefined) return true;
  const spentMicroUsd = priceOf(model, spent);
  if (spentMicroUsd === 0) return true;
  const inputTokens = last.inputTokens + last.cacheReadTokens + last.cacheWriteTokens;
  return spentMicroUsd + reservationFor(model, inputTokens, maxTokens) <= reservedMicroUsd;
}

function watchText(options: TurnOptions) {
  let seen = false;
  const onText = (delta: string) => {
    seen = true;
    options.onText?.(delta);
  };
  return { options: { ...options, onText }, hasText: () => seen };
}

function withUsage(error: ModelError, usage: TokenUsage): ModelError {
  if (usage.inputTokens + usage.outputTokens + usage.cacheReadTokens + usage.cacheWriteTokens === 0)
    return error;
  const { code, message, cause, remedy, retryable, retryAfterMs } = error;
  return new ModelError(code, message, {
    cause,
    retryable,
    usage,
    ...(remedy !== undefined && { remedy }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}
