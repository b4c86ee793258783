import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { startLambda } from '../../../lib/local/lambda.ts';
import type { Ended } from '../../../lib/local/step-functions/executions.ts';
import { type StepFunctions, startStepFunctions } from '../../../lib/local/step-functions/step-functions.ts';
import { sleep } from '../../../lib/local/timer.ts';
import { until } from '../compute/harness.ts';
import { clientOptions, makeTempDir, serveLocally } from './harness.ts';

/** The functions of the tests, each as one line of JavaScript. */
const code = `
import { appendFileSync } from 'node:fs';
const log = (line) => appendFileSync(process.env.CALLS, JSON.stringify(line) + '\\n');
export async function echo(event) { log(event); return event; }
export async function fail(event) { log(event); throw Object.assign(new Error(event.message ?? 'no'), { name: event.error }); }
export async function flaky(event) { log(event); if (Date.now() < event.untilMs) throw Object.assign(new Error('not yet'), { name: 'busy' }); return { ok: true }; }
export async function slow(event) { log(event); await new Promise((resolve) => setTimeout(resolve, event.ms)); return event; }
`;
const handlers = ['echo', 'fail', 'flaky', 'slow'] as const;

export const roleArn = 'arn:aws:iam::000000000000:role/machine';
export const arnOfFunction = (name: (typeof handlers)[number]): string =>
  `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
export const arnOfMachine = (name: string): string =>
  `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`;

/** A Task that invokes a function. */
export function task(name: (typeof handlers)[number], Payload: object, rest: object = { End: true }): object {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: { FunctionName: arnOfFunction(name), Payload },
    TimeoutSeconds: 3600,
    ...rest,
  };
}

/** A Task that waits for its token, which it hands to `echo`. */
export function waiting(rest: object = { End: true }, payload: object = {}): object {
  const Resource = 'arn:aws:states:::lambda:invoke.waitForTaskToken';
  return { ...task('echo', { ...payload, 'token.$': '$$.Task.Token' }, rest), Resource };
}

export type Machines = Record<string, object>;

/** A place for the data of several services in a row, with functions that write down how they are called. */
export async function makePlace() {
  const temp = await makeTempDir();
  const taskRoot = join(temp.dir, 'code');
  mkdirSync(taskRoot);
  writeFileSync(join(taskRoot, 'index.mjs'), code);
  const callsFile = join(temp.dir, 'calls.jsonl');
  return {
    ...temp,
    taskRoot,
    callsFile,
    /** The events of all calls so far. */
    calls(): Record<string, unknown>[] {
      if (!existsSync(callsFile)) return [];
      return readFileSync(callsFile, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    },
  };
}
export type Place = Awaited<ReturnType<typeof makePlace>>;

/** Step Functions with real functions behind a real port, and AWS's own client. A second lasts 25 ms. */
export async function openService(place: Place, machines: Machines) {
  const lambda = startLambda();
  for (const name of handlers)
    lambda.addFunction({
      name,
      taskRoot: place.taskRoot,
      handler: `index.${name}`,
      timeoutSeconds: 30,
      memoryMiB: 128,
      maxThreads: 4,
      environment: { CALLS: place.callsFile },
      onLine: () => undefined,
    });
  const ends: Ended[] = [];
  const service: StepFunctions = startStepFunctions({
    dir: join(place.dir, 'stepfunctions'),
    invoke: lambda.invoke,
    functionNames: lambda.functionNames,
    onEnd: (execution) => void ends.push(execution),
    sleep: (ms, signal) => sleep(ms / 40, signal),
  });
  const add = (name: string, definition: object) =>
    service.addStateMachine(name, { DefinitionString: JSON.stringify(definition), RoleArn: roleArn });
  for (const [name, definition] of Object.entries(machines)) add(name, definition);
  service.recover();
  const server = await serveLocally({ states: service });
  const client = new SFNClient(clientOptions(server));
  const describe = (executionArn: string): Promise<DescribeExecutionOutput> =>
    client.send(new DescribeExecutionCommand({ executionArn }));
  return {
    client,
    server,
    ends,
    add,
    describe,
    async start(machine: string, input: unknown = {}, name?: string): Promise<string> {
      const command = new StartExecutionCommand({
        stateMachineArn: arnOfMachine(machine),
        input: JSON.stringify(input),
        name,
      });
      return (await client.send(command)).executionArn ?? '';
    },
    /** What an execution came to, its documents parsed. */
    ended: (executionArn: string) =>
      until(`${executionArn} ends`, async () => {
        const { status, output, error, cause } = await describe(executionArn);
        if (status === 'RUNNING') return undefined;
        return { status, output: output === undefined ? undefined : JSON.parse(output), error, cause };
      }),
    async eventTypes(executionArn: string): Promise<(string | undefined)[]> {
      const { events } = await client.send(
        new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }),
      );
      return (events ?? []).map(({ type }) => type);
    },
    /** Ends as a killed process does: nothing is told to anybody, and nothing more is written. */
    async close() {
      client.destroy();
      service.close();
      await server.close();
      await lambda.close();
    },
  };
}
export type Service = Awaited<ReturnType<typeof openService>>;
