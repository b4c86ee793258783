import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { parseJson } from '../json.ts';
import { type JsonInput, makeJsonService } from '../json-service.ts';
import { arnOf } from '../place.ts';
import type { LocalService } from '../service.ts';
import { ServiceFault } from '../service-fault.ts';
import type { Sleep } from '../timer.ts';
import { parseDefinition } from './definition.ts';
import { describeExecution, listExecution } from './describe-execution.ts';
import { maxPayloadBytes } from './execution-fault.ts';
import {
  type Ended,
  type Execution,
  executionArnOf,
  openExecutions,
  type StateMachine,
} from './executions.ts';
import type { TaskHands } from './run-task.ts';

/** The resolved properties of `AWS::StepFunctions::StateMachine` that mean something on this machine. */
export const stateMachineProperties = z.object({
  DefinitionString: z.string({ error: 'a definition is given as DefinitionString here' }),
  DefinitionSubstitutions: z.never('DefinitionSubstitutions is not handled').optional(),
  StateMachineType: z.literal('STANDARD', 'only STANDARD state machines are handled').optional(),
  RoleArn: z.string(),
});

export interface StepFunctionsOptions {
  /** `<data>/stepfunctions` */
  dir: string;
  invoke: TaskHands['invoke'];
  /** Names of the functions that a definition may call. */
  functionNames(): string[];
  onEnd(execution: Ended): void;
  /** Instead of the real time, for tests. */
  sleep?: Sleep;
}

export interface StepFunctions extends LocalService {
  /** Returns the machine's ARN. Throws for a definition that would not run here as it runs on AWS. */
  addStateMachine(name: string, properties: z.infer<typeof stateMachineProperties>): string;
  /** Replays what an earlier cloud had running. Call it when everything is there that it may call. */
  recover(): void;
  /** Leaves running executions as they are on disk. */
  close(): void;
}

const nameForm = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u;
const page = { maxResults: z.int().min(0).max(1000).optional(), nextToken: z.string().optional() };
// Strict: an option that is not handled is refused, never ignored.
const inputs = {
  start: z.strictObject({
    stateMachineArn: z.string(),
    name: z.string().optional(),
    input: z.string().default('{}'),
  }),
  execution: z.strictObject({ executionArn: z.string() }),
  stop: z.strictObject({
    executionArn: z.string(),
    error: z.string().optional(),
    cause: z.string().optional(),
  }),
  list: z.strictObject({ stateMachineArn: z.string(), statusFilter: z.string().optional(), ...page }),
  history: z.strictObject({ executionArn: z.string(), reverseOrder: z.boolean().default(false), ...page }),
  machine: z.strictObject({ stateMachineArn: z.string() }),
  token: z.strictObject({ taskToken: z.string() }),
  success: z.strictObject({ taskToken: z.string(), output: z.string() }),
  failure: z.strictObject({
    taskToken: z.string(),
    error: z.string().max(256).default('States.TaskFailed'),
    cause: z.string().max(32_768).default(''),
  }),
};

function fault(code: string, message: string): ServiceFault {
  return new ServiceFault(400, code, message);
}

function parse<T>(schema: z.ZodType<T>, input: JsonInput): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw fault('ValidationException', z.prettifyError(parsed.error));
}

/** The token of the next page is the number of its first item. */
function pageOf<T>(items: T[], { maxResults, nextToken = '0' }: { maxResults?: number; nextToken?: string }) {
  const to = Number(nextToken) + (maxResults || 100);
  return { items: items.slice(Number(nextToken), to), ...(to < items.length && { nextToken: String(to) }) };
}

function requireJson(text: string, code: string): void {
  if (Buffer.byteLength(text) > maxPayloadBytes)
    throw fault(code, `At most ${maxPayloadBytes} bytes are allowed`);
  try {
    parseJson(text);
  } catch (error) {
    throw fault(code, `This is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Standard state machines of the template, interpreted in this process. */
export function startStepFunctions(options: StepFunctionsOptions): StepFunctions {
  const machines = new Map<string, StateMachine>();
  const createdAt = Date.now() / 1000;
  const executions = openExecutions({ ...options, machine: (arn) => machines.get(arn) });
  let isClosed = false;

  function requireMachine(arn: string): StateMachine {
    const machine = machines.get(arn);
    if (machine) return machine;
    throw fault('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
  }

  function requireExecution(arn: string): Execution {
    const execution = executions.find(arn);
    if (execution) return execution;
    throw fault('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
  }

  function start(raw: JsonInput): object {
    const { stateMachineArn, name = randomUUID(), input } = parse(inputs.start, raw);
    if (!nameForm.test(name)) throw fault('InvalidName', `Invalid Name: '${name}'`);
    requireJson(input, 'InvalidExecutionInput');
    const machine = requireMachine(stateMachineArn);
    const executionArn = executionArnOf(machine.name, name);
    const earlier = executions.find(executionArn);
    if (earlier && (earlier.status !== 'RUNNING' || earlier.input !== input))
      throw fault('ExecutionAlreadyExists', `Execution Already Exists: '${executionArn}'`);
    const { startedAtMs } = earlier ?? executions.start(machine, name, input);
    return { executionArn, startDate: startedAtMs / 1000 };
  }

  const describe = ({ arn: stateMachineArn, name }: StateMachine) => ({
    stateMachineArn,
    name,
    type: 'STANDARD',
    creationDate: createdAt,
  });

  const service = makeJsonService({
    StartExecution: start,
    DescribeExecution: (raw) =>
      describeExecution(requireExecution(parse(inputs.execution, raw).executionArn)),
    ListExecutions(raw) {
      const { stateMachineArn, statusFilter, ...page } = parse(inputs.list, raw);
      const { arn } = requireMachine(stateMachineArn);
      const wanted = executions
        .all()
        .filter(({ machineArn, status }) => machineArn === arn && (statusFilter ?? status) === status);
      const { items, ...rest } = pageOf(wanted, page);
      return { executions: items.map(listExecution), ...rest };
    },
    StopExecution(raw) {
      const { executionArn, error, cause } = parse(inputs.stop, raw);
      executions.stop(requireExecution(executionArn), error, cause);
      return { stopDate: (requireExecution(executionArn).stoppedAtMs ?? 0) / 1000 };
    },
    GetExecutionHistory(raw) {
      const { executionArn, reverseOrder, ...page } = parse(inputs.history, raw);
      const events = executions.history.read(requireExecution(executionArn).id);
      const { items, ...rest } = pageOf(reverseOrder ? events.reverse() : events, page);
      return { events: items, ...rest };
    },
    SendTaskSuccess(raw) {
      const { taskToken, output } = parse(inputs.success, raw);
      requireJson(output, 'InvalidOutput');
      executions.tokens.succeed(taskToken, parseJson(output));
      return {};
    },
    SendTaskFailure(raw) {
      const { taskToken, error, cause } = parse(inputs.failure, raw);
      executions.tokens.fail(taskToken, error, cause);
      return {};
    },
    SendTaskHeartbeat(raw) {
      executions.tokens.requireOpen(parse(inputs.token, raw).taskToken);
      return {};
    },
    DescribeStateMachine(raw) {
      const machine = requireMachine(parse(inputs.machine, raw).stateMachineArn);
      return { ...describe(machine), status: 'ACTIVE', definition: machine.text, roleArn: machine.roleArn };
    },
    ListStateMachines: () => ({ stateMachines: [...machines.values()].map(describe) }),
  });
  return {
    async handle(request) {
      // What is sent now would be answered and then forgotten: its sender is to send it to the next cloud.
      if (isClosed) throw new ServiceFault(503, 'ServiceUnavailableException', 'The local cloud is closing');
      return service.handle(request);
    },
    addStateMachine(name, { DefinitionString: text, RoleArn: roleArn }) {
      const arn = arnOf('states', `stateMachine:${name}`);
      const definition = parseDefinition(text, options.functionNames());
      machines.set(arn, { arn, name, roleArn, text, definition });
      return arn;
    },
    recover: () => executions.replay(),
    close() {
      isClosed = true;
      executions.close();
    },
  };
}
