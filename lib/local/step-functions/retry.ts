import type { Json } from '../json.ts';
import type { Sleep } from '../timer.ts';
import type { MapState, Retrier, TaskState } from './definition.ts';
import { ExecutionFault } from './execution-fault.ts';
import { place } from './paths.ts';

/** What a state hands on. */
export interface Step {
  output: Json;
  /** Without one, the flow is over. */
  next?: string | undefined;
}

/** Tries as often as `Retry` says, and then does what `Catch` says. */
export async function guard(
  state: TaskState | MapState,
  input: Json,
  { sleep, signal }: { sleep: Sleep; signal: AbortSignal },
  attempt: (retries: number) => Promise<Step>,
): Promise<Step> {
  const used = state.Retry.map(() => 0);
  for (let retries = 0; ; retries += 1) {
    try {
      return await attempt(retries);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ExecutionFault)) throw error;
      const index = state.Retry.findIndex(({ ErrorEquals }) => matches(ErrorEquals, error));
      const [retrier, times = 0] = [state.Retry[index], used[index]];
      if (!retrier || times >= retrier.MaxAttempts) return handOver(state, input, error);
      used[index] = times + 1;
      await sleep(delayMs(retrier, times), signal);
    }
  }
}

function handOver(state: TaskState | MapState, input: Json, fault: ExecutionFault): Step {
  const catcher = state.Catch.find(({ ErrorEquals }) => matches(ErrorEquals, fault));
  if (!catcher) throw fault;
  const error = { Error: fault.error, Cause: fault.reason };
  return { output: place(catcher.ResultPath, input, error), next: catcher.Next };
}

/** `States.Runtime` ends the execution whatever a definition says; `States.ALL` leaves out one more. */
function matches(names: string[], { error }: ExecutionFault): boolean {
  if (error === 'States.Runtime') return false;
  if (names.includes(error)) return true;
  if (error === 'States.DataLimitExceeded') return false;
  return names.includes('States.ALL') || (names.includes('States.TaskFailed') && error !== 'States.Timeout');
}

function delayMs(retrier: Retrier, times: number): number {
  const {
    IntervalSeconds,
    BackoffRate,
    MaxDelaySeconds = Number.POSITIVE_INFINITY,
    JitterStrategy,
  } = retrier;
  const seconds = Math.min(IntervalSeconds * BackoffRate ** times, MaxDelaySeconds);
  return seconds * 1000 * (JitterStrategy === 'FULL' ? Math.random() : 1);
}
