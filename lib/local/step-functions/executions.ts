import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { openFileStore } from '../file-store.ts';
import { parseJson } from '../json.ts';
import { arnOf } from '../place.ts';
import { type Sleep, sleep as sleepFully } from '../timer.ts';
import type { Definition } from './definition.ts';
import { ExecutionFault, runtimeFault } from './execution-fault.ts';
import { type History, type Note, openHistory } from './history.ts';
import { interpret } from './interpreter.ts';
import { runTask, type TaskHands } from './run-task.ts';
import { makeTaskTokens, type TaskTokens } from './task-tokens.ts';

export interface StateMachine {
  arn: string;
  name: string;
  roleArn: string;
  /** As the template has it. */
  text: string;
  definition: Definition;
}

export type EndStatus = 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface Execution {
  /** Of its ARN; names may hold what file names may not. */
  id: string;
  arn: string;
  machineArn: string;
  name: string;
  status: 'RUNNING' | EndStatus;
  /** JSON, as it was given. */
  input: string;
  output?: string | undefined;
  error?: string | undefined;
  cause?: string | undefined;
  startedAtMs: number;
  stoppedAtMs?: number;
}

export interface ExecutionsOptions {
  /** `<data>/stepfunctions` */
  dir: string;
  invoke: TaskHands['invoke'];
  machine(arn: string): StateMachine | undefined;
  /** Default: the machine's own clock. */
  sleep?: Sleep | undefined;
  /** Told of every end, when it is on disk. */
  onEnd(execution: Ended): void;
}

export interface Executions {
  tokens: TaskTokens;
  history: History;
  find(arn: string): Execution | undefined;
  /** Newest first. */
  all(): Execution[];
  /** On disk when it returns. */
  start(machine: StateMachine, name: string, input: string): Execution;
  /** Does nothing to an execution that has ended. */
  stop(execution: Execution, error: string | undefined, cause: string | undefined): void;
  /** Begins again what was running when an earlier cloud ended. */
  replay(): void;
  /** Leaves off, so that a later cloud can replay. */
  close(): void;
}

/** An execution that is over. */
export type Ended = Execution & { status: EndStatus };
type End = Pick<Ended, 'status' | 'output' | 'error' | 'cause'>;

export function executionArnOf(machineName: string, name: string): string {
  return arnOf('states', `execution:${machineName}:${name}`);
}

function idOf(arn: string): string {
  return createHash('sha256').update(arn).digest('hex').slice(0, 32);
}

/** Executions from start to end. What is on disk is how they began and how they ended; the way is in memory. */
export function openExecutions(options: ExecutionsOptions): Executions {
  const { dir, invoke, machine: findMachine, onEnd, sleep = sleepFully } = options;
  const store = openFileStore<Execution>(join(dir, 'executions'));
  const history = openHistory(join(dir, 'history'));
  const tokens = makeTaskTokens((id) => store.get(id) !== undefined);
  const running = new Map<string, { stop: AbortController; note: Note }>();

  /** The first end counts. */
  function end(id: string, ending: End): void {
    const [execution, run] = [store.get(id), running.get(id)];
    if (!execution || !run) return;
    running.delete(id);
    const ended = { ...execution, ...ending, stoppedAtMs: Date.now() };
    store.save(ended);
    noteEnd(run.note, ending);
    run.stop.abort();
    onEnd(ended);
  }

  async function run(execution: Execution, machine: StateMachine, note: Note, signal: AbortSignal) {
    const { id, arn: Id, name: Name, input: text } = execution;
    try {
      const input = parseJson(text);
      const StartTime = new Date(execution.startedAtMs).toISOString();
      const context = {
        Execution: { Id, Name, Input: input, RoleArn: machine.roleArn, StartTime },
        StateMachine: { Id: machine.arn, Name: machine.name },
      };
      const hands = { invoke, tokens, sleep };
      const output = await interpret(machine.definition, input, {
        context,
        executionId: id,
        runTask: (task) => runTask(task, hands),
        note,
        sleep,
        signal,
      });
      end(id, { status: 'SUCCEEDED', output: JSON.stringify(output) });
    } catch (error) {
      end(id, toEnd(error));
    }
  }

  function begin(execution: Execution): void {
    const machine = findMachine(execution.machineArn);
    const stop = new AbortController();
    const note = history.begin(execution.id);
    running.set(execution.id, { stop, note });
    note('ExecutionStarted', { input: execution.input, roleArn: machine?.roleArn });
    if (machine) {
      void run(execution, machine, note, stop.signal);
      void limit(execution, machine.definition.TimeoutSeconds, stop.signal);
    } else end(execution.id, toEnd(runtimeFault(`${execution.machineArn} is no longer in the stack`)));
  }

  /** Counts from the first start: a replay gives an execution no more time. */
  async function limit({ id, startedAtMs }: Execution, seconds: number | undefined, signal: AbortSignal) {
    if (seconds === undefined) return;
    const isOver = await sleep(startedAtMs + seconds * 1000 - Date.now(), signal).then(
      () => true,
      // It has ended before.
      () => false,
    );
    if (isOver) end(id, { status: 'TIMED_OUT' });
  }

  return {
    tokens,
    history,
    find: (arn) => store.get(idOf(arn)),
    all: () => store.all().sort((a, b) => b.startedAtMs - a.startedAtMs),
    start({ arn: machineArn, name: machineName }, name, input) {
      const arn = executionArnOf(machineName, name);
      const startedAtMs = Date.now();
      const execution: Execution = {
        id: idOf(arn),
        arn,
        machineArn,
        name,
        status: 'RUNNING',
        input,
        startedAtMs,
      };
      store.save(execution);
      begin(execution);
      return execution;
    },
    stop: ({ id }, error, cause) => end(id, { status: 'ABORTED', error, cause }),
    replay() {
      for (const execution of store.all()) if (execution.status === 'RUNNING') begin(execution);
    },
    close() {
      const open = [...running.values()];
      // Nobody may write an end from here on.
      running.clear();
      for (const { stop } of open) stop.abort();
    },
  };
}

function toEnd(error: unknown): End {
  if (error instanceof ExecutionFault) return { status: 'FAILED', error: error.error, cause: error.reason };
  const cause = error instanceof Error ? error.message : String(error);
  return { status: 'FAILED', error: 'States.Runtime', cause };
}

const endEvents = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
} as const satisfies Record<EndStatus, string>;

function noteEnd(note: Note, { status, output, error, cause }: End): void {
  // AWS names the error in the event only, not in the execution.
  if (status === 'TIMED_OUT') note(endEvents[status], { error: 'States.Timeout' });
  else note(endEvents[status], status === 'SUCCEEDED' ? { output } : { error, cause });
}
