import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeSfnWorkflow } from '#adapters/aws/sfn-workflow.ts';
import type { Workflow } from '#core/ports/workflow.ts';

const machine = 'arn:aws:states:eu-central-1:000000000000:stateMachine:muster-cycle';
const execution = 'arn:aws:states:eu-central-1:000000000000:execution:muster-cycle:one';
const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };

interface Answer {
  status: number;
  body: object;
}

let server: Server;
let workflow: Workflow;
let answers: Answer[];
const asked: { target: string | undefined; body: unknown }[] = [];

beforeEach(async () => {
  asked.length = 0;
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const target = request.headers['x-amz-target'];
      asked.push({ target: String(target), body: JSON.parse(Buffer.concat(parts).toString()) });
      const { status, body } = answers.shift() ?? { status: 200, body: {} };
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  workflow = makeSfnWorkflow(machine, {
    endpointUrl: `http://127.0.0.1:${port}`,
    region: 'eu-central-1',
    credentials: async () => credentials,
  });
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

function refusal(name: string, status = 400): Answer {
  return { status, body: { __type: `com.amazonaws.states#${name}`, message: 'no' } };
}

describe('Step Functions, by signed requests', () => {
  test('starts an execution by its name', async () => {
    answers = [{ status: 200, body: { executionArn: execution, startDate: 1 } }];
    const place = { run: 'run-1', cycle: 1 };
    expect(await workflow.start('one', place)).toEqual({ executionArn: execution });
    expect(asked).toEqual([
      {
        target: 'AWSStepFunctions.StartExecution',
        body: { stateMachineArn: machine, name: 'one', input: JSON.stringify(place) },
      },
    ]);
  });

  test('takes an execution that exists as the one that was asked for', async () => {
    answers = [refusal('ExecutionAlreadyExists')];
    expect(await workflow.start('one', { run: 'run-1', cycle: 1 })).toEqual({ executionArn: execution });
  });

  test.each(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'])(
    'says that nobody waits any more where it hears %s',
    async (name) => {
      answers = [refusal(name)];
      expect(await workflow.succeed('token', {})).toBe('gone');
    },
  );

  test('says how an execution ended, and that one is missing', async () => {
    answers = [{ status: 200, body: { status: 'ABORTED' } }, refusal('ExecutionDoesNotExist')];
    expect(await workflow.describe(execution)).toEqual({ kind: 'ended', status: 'ABORTED' });
    expect(await workflow.describe(execution)).toEqual({ kind: 'missing' });
  });

  test('asks again where the service is not there, and not where it refuses', async () => {
    answers = [refusal('ServiceUnavailable', 503), refusal('ThrottlingException')];
    expect(await workflow.succeed('token', {})).toBe('delivered');
    expect(asked).toHaveLength(3);
    answers = [refusal('AccessDeniedException')];
    await expect(workflow.succeed('token', {})).rejects.toMatchObject({ code: 'forbidden' });
    expect(asked).toHaveLength(4);
  });
});
