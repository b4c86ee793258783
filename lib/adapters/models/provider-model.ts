import { inspect } from 'node:util';
import type { ModelProvider } from '#contracts/provider-keys.ts';
import type { TokenUsage } from '#contracts/usage.ts';
import {
  type Model,
  ModelError,
  type ModelRequest,
  type ModelTurn,
  type TurnOptions,
} from '#core/ports/model.ts';
import type { WorkerTime } from '#core/ports/worker.ts';
import { makeRetryingModel } from '#core/work/retrying-model.ts';
import { startIdleWatchdog } from './idle-watchdog.ts';
import { providerNameOf } from './provider-names.ts';
import { type Fetch, watchFetch } from './watched-fetch.ts';

/** A stream without a byte for this long is dead. The providers send pings in between. */
export const idleMs = 120_000;

/** What a single call to a provider is made with. */
export interface CallContext {
  signal: AbortSignal;
  /** For the SDK's client, so that silence is noticed. */
  fetch: Fetch;
  onText(delta: string): void;
  /** Names the place where, if the call fails, it says what it is likely to be billed. */
  trackUsage(read: () => TokenUsage | undefined): void;
}

export interface Provider {
  name: ModelProvider;
  /** What no error may hold. May grow, where credentials are renewed. */
  secrets(): readonly string[];
  call(request: ModelRequest, context: CallContext): Promise<ModelTurn>;
  /** Translates what the SDK throws, by class. What is not the SDK's own is returned as it is: a fault of ours. */
  toError(error: unknown, usage: TokenUsage | undefined, nowMs: number): unknown;
}

/** A provider's model with what all adapters share: own retries, a watchdog, and no secret in any error. */
export function makeProviderModel(provider: Provider, time: WorkerTime): Model {
  return makeRetryingModel({ turn: (request, options) => callOnce(provider, time, request, options) }, time);
}

async function callOnce(
  provider: Provider,
  time: WorkerTime,
  request: ModelRequest,
  { signal, onText }: TurnOptions,
): Promise<ModelTurn> {
  const idle = new AbortController();
  const watchdog = startIdleWatchdog(time, idleMs, () => idle.abort());
  let readUsage: () => TokenUsage | undefined = () => undefined;
  try {
    return await provider.call(request, {
      signal: AbortSignal.any([signal, idle.signal]),
      fetch: watchFetch(watchdog.touch),
      onText: (delta) => onText?.(delta),
      trackUsage: (read) => {
        readUsage = read;
      },
    });
  } catch (cause) {
    const usage = readUsage();
    if (signal.aborted)
      throw new ModelError('interrupted', 'The worker stops', { cause, ...(usage && { usage }) });
    if (idle.signal.aborted) throw silent(provider, cause, usage);
    throw withoutSecrets(provider.toError(cause, usage, time.nowMs()), provider.secrets());
  } finally {
    watchdog.stop();
  }
}

function silent(provider: Provider, cause: unknown, usage: TokenUsage | undefined): ModelError {
  const { label } = providerNameOf(provider);
  return new ModelError('provider_unavailable', `${label} has sent nothing for ${idleMs / 1_000} s`, {
    cause,
    ...(usage && { usage }),
  });
}

/** How deep a secret is looked for in what hangs on an error: an SDK's error, its body, and what is in that. */
const depth = 8;

/** A server that echoes what it was sent must not bring a key into a log: its own words go, as does the cause. */
function withoutSecrets(error: unknown, secrets: readonly string[]): unknown {
  if (!(error instanceof ModelError)) return error;
  const text = inspect(error, { depth, maxStringLength: null });
  const found = secrets.filter((secret) => text.includes(secret));
  if (found.length === 0) return error;
  const { code, message, remedy, retryable, usage, retryAfterMs } = error;
  const clean = found.reduce((words, secret) => words.replaceAll(secret, '[secret]'), message);
  return new ModelError(code, clean, {
    retryable,
    ...(remedy !== undefined && { remedy }),
    ...(usage && { usage }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}
