import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { cycleDefinition } from '../../lib/contracts/cycle-definition.ts';
import type { Json, JsonObject } from '../../lib/local/json.ts';
import { parseDefinition } from '../../lib/local/step-functions/definition.ts';
import { ExecutionFault } from '../../lib/local/step-functions/execution-fault.ts';
import { interpret } from '../../lib/local/step-functions/interpreter.ts';
import { motoAccount, startMoto } from './moto.ts';

/** What each step answers in a story; the waiting ones answer nothing that the machine reads. */
type Answers = Record<string, Json>;

const item = { title: 'Do it.', owner: 'worker', priority: 'high', action: 1, revision: 0 };
const place = { run: 'run-0123456789abcdef', cycle: 1 };
const judged = { ...item, ...place, next: 'done', outcome: 'DONE' };
const waves = [
  { name: 'Wave 1: high', atOnce: 2, actions: [item, { ...item, action: 2 }] },
  { name: 'Wave 2: low', atOnce: 1, actions: [{ ...item, action: 3, priority: 'low' }] },
];

function ending(end: string): JsonObject {
  return { ...place, end, says: 'a sentence', costUsd: 0.5, report: 'cycles/1/report.html' };
}

const executed = { next: 'execute', outcome: 'converged', actions: 3, waves };
const stories: Record<string, Answers> = {
  'plan, execute, review': {
    ReadPlan: executed,
    Judge: judged,
    ReadReview: { next: 'close', outcome: 'reviewed' },
    Close: ending('Done'),
  },
  'with both approvals': {
    ReadPlan: { ...executed, next: 'approve' },
    ReadPlanApproval: executed,
    Judge: judged,
    ReadReview: { next: 'approve', outcome: 'reviewed' },
    Close: ending('Done'),
  },
  'a person says no': {
    ReadPlan: { ...executed, next: 'approve' },
    ReadPlanApproval: { ...executed, next: 'close', outcome: 'RejectedByPerson' },
    Close: ending('RejectedByPerson'),
  },
  'no-go': {
    ReadPlan: { next: 'close', outcome: 'NoGo', actions: 0, waves: [] },
    Close: ending('NoGo'),
  },
  'actions fail': {
    ReadPlan: executed,
    Judge: { ...judged, outcome: 'FAILED' },
    ReadReview: { next: 'close', outcome: 'reviewed' },
    Close: ending('ActionsFailed'),
  },
};

/** Functions replaced: each step becomes a state that answers as the story says. All else stays as it is deployed. */
function withAnswers(flow: JsonObject, answers: Answers): JsonObject {
  const states = flow.States as Record<string, JsonObject>;
  const replaced = Object.entries(states).map(([name, state]) => [name, replace(name, state, answers)]);
  return { ...flow, States: Object.fromEntries(replaced) };
}

function replace(name: string, state: JsonObject, answers: Answers): JsonObject {
  if (state.Type === 'Map')
    return { ...state, ItemProcessor: withAnswers(state.ItemProcessor as JsonObject, answers) };
  if (state.Type !== 'Task') return state;
  const { Next, ResultPath, OutputPath, ResultSelector } = state;
  const kept = Object.fromEntries(
    Object.entries({ Next, ResultPath, OutputPath }).filter(([, value]) => value !== undefined),
  ) as JsonObject;
  return ResultSelector === undefined
    ? { Type: 'Pass', ...kept }
    : { Type: 'Pass', Result: { answer: answers[name] ?? {} }, ...kept };
}

interface Ended {
  status: string;
  output?: Json | undefined;
  error?: string | undefined;
  cause?: string | undefined;
}

async function runHere(definition: JsonObject): Promise<Ended> {
  const flow = parseDefinition(JSON.stringify(definition), []);
  const run = {
    context: { Execution: { Id: 'here' }, StateMachine: { Id: 'here' } },
    executionId: 'here',
    runTask: () => Promise.reject(new Error('no task is left')),
    note: () => undefined,
    sleep: () => Promise.resolve(),
    signal: new AbortController().signal,
  };
  try {
    return { status: 'SUCCEEDED', output: await interpret(flow, place, run) };
  } catch (error) {
    if (!(error instanceof ExecutionFault)) throw error;
    return { status: 'FAILED', error: error.error, cause: error.reason };
  }
}

/** A server for each story: moto's second execution in one server fails (getmoto/moto#10077). */
async function runThere(definition: JsonObject): Promise<Ended> {
  const moto = await startMoto();
  if (!moto) throw new Error('moto is gone');
  const credentials = { accessKeyId: 'AKIAREFEREE', secretAccessKey: 'referee' };
  const client = new SFNClient({ endpoint: moto.url, region: 'us-east-1', credentials });
  try {
    const config = { stepfunctions: { execute_state_machine: true } };
    await fetch(`${moto.url}/moto-api/config`, { method: 'POST', body: JSON.stringify(config) });
    const { stateMachineArn } = await client.send(
      new CreateStateMachineCommand({
        name: 'cycle',
        roleArn: `arn:aws:iam::${motoAccount}:role/cycle`,
        definition: JSON.stringify(definition),
      }),
    );
    const input = JSON.stringify(place);
    const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn, input }));
    for (let waits = 0; waits < 200; waits++) {
      const { status, output, error, cause } = await client.send(
        new DescribeExecutionCommand({ executionArn }),
      );
      if (status !== 'RUNNING')
        return { status: String(status), error, cause, ...(output ? { output: JSON.parse(output) } : {}) };
      await delay(100);
    }
    throw new Error('moto does not come to an end');
  } finally {
    client.destroy();
    await moto.stop();
  }
}

function same(a: Ended, b: Ended): boolean {
  const shape = ({ status, output, error, cause }: Ended) =>
    JSON.stringify([status, status === 'SUCCEEDED' ? output : undefined, error ?? null, cause ?? null]);
  return shape(a) === shape(b);
}

/** The deployed machine with its functions replaced, here and there. @returns how many stories end differently */
export async function judgeCycle(): Promise<number> {
  let failures = 0;
  for (const [name, answers] of Object.entries(stories)) {
    const definition = withAnswers(
      cycleDefinition('arn:aws:lambda:us-east-1:0:function:steps') as JsonObject,
      answers,
    );
    const [here, there] = [await runHere(definition), await runThere(definition)];
    const agrees = same(here, there);
    if (!agrees) failures += 1;
    console.log(
      `${agrees ? '✓' : '✗'} a cycle: ${name}: ${here.status}${here.error ? ` ${here.error}` : ''}`,
    );
    if (!agrees) console.log(JSON.stringify({ here, there }, null, 2));
  }
  return failures;
}
