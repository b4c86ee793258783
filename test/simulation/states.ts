import { cycleDefinition } from '#contracts/cycle-definition.ts';
import type { CycleEnd } from '#contracts/run-states.ts';
import { stepRequest } from '#contracts/steps.ts';
import type { ExecutionState, Workflow } from '#core/ports/workflow.ts';
import { closeCycle } from '#core/runs/close-cycle.ts';
import { runStep } from '#core/runs/steps/run-step.ts';
import { parseDefinition } from '../../lib/local/step-functions/definition.ts';
import { ExecutionFault } from '../../lib/local/step-functions/execution-fault.ts';
import { interpret } from '../../lib/local/step-functions/interpreter.ts';
import type { TaskTry } from '../../lib/local/step-functions/run-task.ts';
import type { FaultKind } from './faults.ts';
import { checkClosed, checkExecutionEnd, checkExecutionStart } from './run-oracles.ts';
import { toFault } from './step-fault.ts';
import type { World } from './world.ts';

const machine = parseDefinition(JSON.stringify(cycleDefinition('steps')), ['steps']);
const arnPrefix = 'arn:aws:states:::execution:muster-cycle:';
const stepTimeoutMs = 60_000;

type EndStatus = Extract<ExecutionState, { kind: 'ended' }>['status'];

export interface SimExecution {
  arn: string;
  name: string;
  input: { run: string; cycle: number };
  status: 'RUNNING' | EndStatus;
  /** The named end that it came to, where it came to one. */
  end: CycleEnd | string | undefined;
  /** Of this way through the states: a replay begins another. */
  way: AbortController;
}

interface Waiting {
  execution: SimExecution;
  succeed(): void;
  /** The step that was given the token has not answered yet, or is about to be tried again. */
  isBeingTold: boolean;
}

/** Step Functions: the real definition in virtual time, with tokens that end early and executions that break off. */
export class States implements Workflow {
  readonly executions = new Map<string, SimExecution>();
  readonly waiting = new Map<string, Waiting>();
  readonly #world: World;
  #tokens = 0;

  constructor(world: World) {
    this.#world = world;
  }

  async start(name: string, input: SimExecution['input']): Promise<{ executionArn: string }> {
    const arn = this.arnOf(name);
    if (this.executions.has(arn)) return { executionArn: arn };
    checkExecutionStart(this.#world, input);
    const way = new AbortController();
    const execution: SimExecution = { arn, name, input, status: 'RUNNING', end: undefined, way };
    this.executions.set(arn, execution);
    this.#later(this.#world.chance.int(50, 2_000), () => this.#walk(execution));
    this.#mishaps(execution);
    return { executionArn: arn };
  }

  async succeed(token: string): Promise<'delivered' | 'gone'> {
    const found = this.waiting.get(token);
    if (!found) return 'gone';
    this.waiting.delete(token);
    found.succeed();
    return 'delivered';
  }

  async describe(executionArn: string): Promise<ExecutionState> {
    const status = this.executions.get(executionArn)?.status;
    if (status === undefined) return { kind: 'missing' };
    return status === 'RUNNING' ? { kind: 'running' } : { kind: 'ended', status };
  }

  arnOf(name: string): string {
    return arnPrefix + name;
  }

  #fires(kind: FaultKind, where: string): boolean {
    return this.#world.faults.fires(kind, this.#world.nowMs, where);
  }

  #later(ms: number, work: () => void): void {
    this.#world.scheduler.after(ms, () => {
      work();
      return true;
    });
  }

  /** It breaks off before Close, or the machine that interprets it is started anew and begins from the start. */
  #mishaps(execution: SimExecution): void {
    const { faults } = this.#world;
    if (this.#fires('states.died', execution.name)) {
      const chance = faults.stream('states.died');
      const status = chance.pick(['ABORTED', 'TIMED_OUT', 'FAILED'] as const);
      this.#later(chance.int(1, 900) * 1000, () => this.#end(execution, status, 'broke off'));
    }
    if (!this.#fires('states.replayed', execution.name)) return;
    const chance = faults.stream('states.replayed');
    for (let times = chance.int(1, 3); times > 0; times--)
      this.#later(chance.int(1, 900) * 1000, () => {
        if (execution.status !== 'RUNNING') return;
        execution.way.abort();
        for (const [token, waiting] of this.waiting)
          if (waiting.execution === execution) this.waiting.delete(token);
        execution.way = new AbortController();
        this.#world.journal.trace(() => `${execution.name} begins again`);
        this.#walk(execution);
      });
  }

  #walk(execution: SimExecution): void {
    const { signal } = execution.way;
    if (execution.status !== 'RUNNING' || signal.aborted) return;
    let last = '';
    interpret(machine, execution.input, {
      context: { Execution: { Id: execution.arn, Name: execution.name } },
      executionId: execution.arn,
      runTask: (task) => this.#runTask(execution, task),
      note: (type, details) => {
        if (!type.endsWith('StateEntered')) return;
        last = String(details?.name);
        this.#world.journal.trace(() => `${execution.name} enters ${last}`);
      },
      sleep: (ms, stopped) =>
        new Promise((resolve, reject) =>
          this.#later(ms, () => (stopped.aborted ? reject(stopped.reason) : resolve())),
        ),
      signal,
    }).then(
      () => this.#end(execution, 'SUCCEEDED', last),
      (error: unknown) => {
        if (signal.aborted) return;
        if (!(error instanceof ExecutionFault)) throw error;
        this.#end(execution, 'FAILED', error.error);
      },
    );
  }

  #end(execution: SimExecution, status: EndStatus, end: string): void {
    if (execution.status !== 'RUNNING') return;
    execution.status = status;
    execution.end = end;
    execution.way.abort();
    for (const [token, waiting] of this.waiting)
      if (waiting.execution === execution) this.waiting.delete(token);
    this.#world.journal.trace(() => `${execution.name} is ${status}: ${end}`);
    this.#world.journal.countEnd(end);
    checkExecutionEnd(this.#world, execution);
    if (status !== 'SUCCEEDED') this.#announce(execution);
  }

  /** The rule on executions that did not succeed. */
  #announce({ name, input }: SimExecution): void {
    if (this.#fires('states.event-lost', name)) return;
    const chance = this.#world.faults.stream('states.event-late');
    const times = this.#fires('states.event-late', name) ? 2 : 1;
    for (let time = 0; time < times; time++)
      this.#later(times === 1 ? 1_000 : chance.int(1, 900) * 1000, () => this.#tell(input, 2));
  }

  #tell(input: SimExecution['input'], retries: number): void {
    const what = `event ${input.run}-c${input.cycle}`;
    this.#world
      .runFunction('steps', what, stepTimeoutMs, (deps) => closeCycle(deps, input))
      .then(() => checkClosed(this.#world, input))
      .catch(() => {
        if (retries > 0) this.#later(60_000, () => this.#tell(input, retries - 1));
      });
  }

  #runTask(execution: SimExecution, task: TaskTry): Promise<never> {
    const token = task.waitsForToken ? `${execution.name}#${++this.#tokens}` : undefined;
    const { Payload } = task.parameters(token) as { Payload: Record<string, unknown> };
    const what = `${Payload.step} c${Payload.cycle}${Payload.action === undefined ? '' : ` a${Payload.action}`}`;
    return new Promise<unknown>((resolve, reject) => {
      const fail = (error: ExecutionFault) => {
        if (token !== undefined) this.waiting.delete(token);
        reject(error);
      };
      const call = () => this.#invoke(what, Payload);
      if (token !== undefined) {
        this.waiting.set(token, { execution, succeed: () => resolve({}), isBeingTold: true });
        this.#timeOut(what, token, fail);
      }
      if (this.#fires('states.invoked-twice', what)) call().catch(() => undefined);
      const isReplyLost = this.#fires('states.reply-lost', what);
      // The function may go on for as long as it lives, while the next try is under way.
      if (isReplyLost)
        this.#later(this.#world.faults.stream('states.reply-lost').int(20, 8_000), () =>
          fail(new ExecutionFault('Lambda.SdkClientException', 'no answer')),
        );
      call().then(
        (answer) => {
          if (isReplyLost) return;
          const waiting = token === undefined ? undefined : this.waiting.get(token);
          if (waiting) waiting.isBeingTold = false;
          if (token === undefined) resolve({ Payload: answer ?? null });
        },
        (error: unknown) => fail(toFault(error)),
      );
    }) as Promise<never>;
  }

  #invoke(what: string, payload: unknown): Promise<unknown> {
    const request = stepRequest.parse(payload);
    return this.#world.runFunction('steps', what, stepTimeoutMs, async (deps) => {
      const answer = await runStep(deps, request);
      if (request.step === 'close') checkClosed(this.#world, request);
      return JSON.parse(JSON.stringify(answer ?? null));
    });
  }

  #timeOut(what: string, token: string, fail: (error: ExecutionFault) => void): void {
    if (!this.#fires('states.timed-out', what)) return;
    this.#later(this.#world.faults.stream('states.timed-out').int(1, 600) * 1000, () => {
      if (this.waiting.has(token)) fail(new ExecutionFault('States.Timeout'));
    });
  }
}
