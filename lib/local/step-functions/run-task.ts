import { asObject, type Json, parseJson } from '../json.ts';
import type { InvokeOutcome } from '../lambda-protocol.ts';
import { region } from '../place.ts';
import type { Sleep } from '../timer.ts';
import { ExecutionFault } from './execution-fault.ts';
import type { Note } from './history.ts';
import type { OpenToken, TaskTokens } from './task-tokens.ts';

/** One try of a Task state. */
export interface TaskTry {
  executionId: string;
  waitsForToken: boolean;
  timeoutSeconds: number;
  /** The filled `Parameters`; the token is this try's own. */
  parameters(token: string | undefined): Json;
  note: Note;
  signal: AbortSignal;
}

export interface TaskHands {
  invoke(functionArn: string, payload: Json): Promise<InvokeOutcome>;
  tokens: TaskTokens;
  sleep: Sleep;
}

/** Ends by the function, the token, the timeout or the signal, whichever comes first. */
export async function runTask(task: TaskTry, { invoke, tokens, sleep }: TaskHands): Promise<Json> {
  const over = new AbortController();
  const signal = AbortSignal.any([task.signal, over.signal]);
  // Before the call: a function may be quicker to use its token than to return.
  const open = task.waitsForToken ? tokens.open(task.executionId) : undefined;
  try {
    const parameters = task.parameters(open?.token);
    noteStart(task, parameters, open);
    const called = callFunction(parameters, invoke);
    const timedOut = sleep(task.timeoutSeconds * 1000, signal).then(() => {
      throw new ExecutionFault('States.Timeout');
    });
    const ends = open ? [onlyFailure(called), open.outcome] : [called];
    const result = await Promise.race([...ends, timedOut]);
    task.note('TaskSucceeded', { ...kind(task), output: JSON.stringify(result) });
    return result;
  } catch (error) {
    if (error instanceof ExecutionFault && !task.signal.aborted) noteFailure(task, error);
    throw error;
  } finally {
    over.abort();
    open?.close();
  }
}

async function callFunction(parameters: Json, invoke: TaskHands['invoke']): Promise<Json> {
  const { FunctionName, Payload = {} } = asObject(parameters);
  const outcome = await invoke(String(FunctionName), Payload);
  if (outcome.ok) return { ExecutedVersion: '$LATEST', Payload: parseJson(outcome.payload), StatusCode: 200 };
  const { errorType, errorMessage, trace } = outcome.error;
  throw new ExecutionFault(errorType, JSON.stringify({ errorMessage, errorType, trace }));
}

/** With a token, the function's own answer says nothing yet. */
function onlyFailure(called: Promise<Json>): Promise<Json> {
  return called.then(() => new Promise<never>(() => undefined));
}

function kind({ waitsForToken }: TaskTry): { resourceType: string; resource: string } {
  return { resourceType: 'lambda', resource: waitsForToken ? 'invoke.waitForTaskToken' : 'invoke' };
}

function noteStart(task: TaskTry, parameters: Json, open: OpenToken | undefined): void {
  const text = JSON.stringify(parameters);
  // A token is as good as a key as long as it is open: it does not belong in a file.
  const shown = open ? text.replaceAll(open.token, '(token)') : text;
  task.note('TaskScheduled', { ...kind(task), region, parameters: shown });
  task.note('TaskStarted', kind(task));
}

function noteFailure(task: TaskTry, { error, reason }: ExecutionFault): void {
  const type = error === 'States.Timeout' ? 'TaskTimedOut' : 'TaskFailed';
  task.note(type, { ...kind(task), error, cause: reason || undefined });
}
