import type { Json, JsonObject } from '../json.ts';
import type { Sleep } from '../timer.ts';
import type { Flow, MapState, State, TaskState } from './definition.ts';
import { ExecutionFault, requirePayload, runtimeFault } from './execution-fault.ts';
import type { Note } from './history.ts';
import { fill, place, requireValue, type Scope, select } from './paths.ts';
import { guard, type Step } from './retry.ts';
import type { TaskTry } from './run-task.ts';

export interface Run {
  /** `Execution` and `StateMachine` of the context object. */
  context: JsonObject;
  executionId: string;
  runTask(task: TaskTry): Promise<Json>;
  note: Note;
  sleep: Sleep;
  /** Its reason is what everything rejects with once it is aborted. */
  signal: AbortSignal;
}

/** Takes the input through the states. Rejects with an `ExecutionFault`, or with the reason of the signal. */
export async function interpret(flow: Flow, input: Json, run: Run): Promise<Json> {
  let data = input;
  for (let name: string | undefined = flow.StartAt; name !== undefined; ) {
    run.signal.throwIfAborted();
    const state: State | undefined = flow.States[name];
    if (!state) throw runtimeFault(`There is no state ${name}`);
    run.note(`${state.Type}StateEntered`, { name, input: JSON.stringify(data) });
    const step: Step = await enter(name, state, data, run);
    requirePayload(JSON.stringify(step.output), `The output of ${name}`);
    run.note(`${state.Type}StateExited`, { name, output: JSON.stringify(step.output) });
    data = step.output;
    name = step.next;
  }
  return data;
}

async function enter(name: string, state: State, input: Json, run: Run): Promise<Step> {
  const State = { Name: name, EnteredTime: new Date().toISOString(), RetryCount: 0 };
  const context: JsonObject = { ...run.context, State };
  const raw: Scope = { data: input, context };
  if (state.Type === 'Fail') {
    const read = (text = '', path?: string): string => String(path ? requireValue(path, raw) : text);
    throw new ExecutionFault(read(state.Error, state.ErrorPath), read(state.Cause, state.CausePath));
  }
  const scope: Scope = { data: select(state.InputPath, raw), context };
  switch (state.Type) {
    case 'Succeed':
      return { output: select(state.OutputPath, scope) };
    case 'Choice': {
      const next = state.Choices.find(({ matches }) => matches(scope))?.Next ?? state.Default;
      if (next === undefined)
        throw new ExecutionFault('States.NoChoiceMatched', `No choice of ${name} matches`);
      return { output: select(state.OutputPath, scope), next };
    }
    case 'Pass': {
      const result = state.Result ?? (state.Parameters ? fill(state.Parameters, scope) : scope.data);
      const output = place(state.ResultPath, input, result);
      return { output: select(state.OutputPath, { data: output, context }), next: state.Next };
    }
    case 'Task':
      return guard(state, input, run, (retries) =>
        finish(state, input, withRetries(scope, retries), (tried) => tryTask(state, tried, run)),
      );
    case 'Map':
      return guard(state, input, run, (retries) =>
        finish(state, input, withRetries(scope, retries), (tried) => runMap(name, state, tried, run)),
      );
  }
}

function withRetries({ data, context }: Scope, RetryCount: number): Scope {
  return { data, context: { ...context, State: { ...(context.State as JsonObject), RetryCount } } };
}

async function finish(
  state: TaskState | MapState,
  input: Json,
  scope: Scope,
  act: (scope: Scope) => Promise<Json>,
): Promise<Step> {
  const { context } = scope;
  const result = await act(scope);
  const selected =
    state.ResultSelector === undefined ? result : fill(state.ResultSelector, { data: result, context });
  const output = place(state.ResultPath, input, selected);
  return { output: select(state.OutputPath, { data: output, context }), next: state.Next };
}

function tryTask(state: TaskState, scope: Scope, run: Run): Promise<Json> {
  const { executionId, note, signal } = run;
  const { TimeoutSecondsPath: path, TimeoutSeconds } = state;
  return run.runTask({
    executionId,
    waitsForToken: state.Resource.endsWith('.waitForTaskToken'),
    timeoutSeconds: path === undefined ? TimeoutSeconds : requireCount(path, scope, 1),
    parameters: (token) =>
      fill(state.Parameters, {
        data: scope.data,
        context: token === undefined ? scope.context : { ...scope.context, Task: { Token: token } },
      }),
    note,
    signal,
  });
}

function requireCount(path: string, scope: Scope, least: number): number {
  const value = requireValue(path, scope);
  if (typeof value === 'number' && Number.isInteger(value) && value >= least) return value;
  throw runtimeFault(`${path} must be a whole number from ${least}, got ${JSON.stringify(value)}`);
}

/** The first item that fails ends the others; those that have not begun never do. */
async function runMap(name: string, state: MapState, scope: Scope, run: Run): Promise<Json> {
  const items = select(state.ItemsPath, scope);
  if (!Array.isArray(items)) throw runtimeFault(`The items of ${name} are not a list`);
  const path = state.MaxConcurrencyPath;
  const limit = path === undefined ? state.MaxConcurrency : requireCount(path, scope, 0);
  const failed = new AbortController();
  const signal = AbortSignal.any([run.signal, failed.signal]);
  const results: Json[] = [];
  let begun = 0;
  run.note('MapStateStarted', { length: items.length });
  const work = async (): Promise<void> => {
    while (begun < items.length) {
      const index = begun++;
      results[index] = await runItem(name, state, index, scope, items[index] ?? null, { ...run, signal });
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(limit || items.length, items.length) }, work));
  } catch (error) {
    failed.abort(error);
    if (error instanceof ExecutionFault) run.note('MapStateFailed');
    throw error;
  }
  run.note('MapStateSucceeded');
  return results;
}

async function runItem(
  name: string,
  state: MapState,
  index: number,
  { data, context }: Scope,
  item: Json,
  run: Run,
): Promise<Json> {
  run.signal.throwIfAborted();
  run.note('MapIterationStarted', { name, index });
  const scope = { data, context: { ...context, Map: { Item: { Index: index, Value: item } } } };
  const input = state.ItemSelector === undefined ? item : fill(state.ItemSelector, scope);
  try {
    const output = await interpret(state.ItemProcessor, input, run);
    run.note('MapIterationSucceeded', { name, index });
    return output;
  } catch (error) {
    run.note(run.signal.aborted ? 'MapIterationAborted' : 'MapIterationFailed', { name, index });
    throw error;
  }
}
