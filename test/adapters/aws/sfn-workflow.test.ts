import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeSfnWorkflow } from '#adapters/aws/sfn-workflow.ts';
import type { Workflow } from '#core/ports/workflow.ts';
import { type JsonAnswer, type RunningJsonService, startJsonService } from '../../fakes/json-service.ts';

const machine = 'arn:aws:states:eu-central-1:000000000000:stateMachine:muster-cycle';
const execution = 'arn:aws:states:eu-central-1:000000000000:execution:muster-cycle:one';

let service: RunningJsonService;
let workflow: Workflow;

beforeEach(async () => {
  service = await startJsonService();
  workflow = makeSfnWorkflow(machine, service.target);
});
afterEach(async () => service[Symbol.asyncDispose]());

function refusal(name: string, status = 400): JsonAnswer {
  return { status, body: { __type: `com.amazonaws.states#${name}`, message: 'no' } };
}

describe('Step Functions, by signed requests', () => {
  test('starts an execution by its name', async () => {
    service.answers = [{ executionArn: execution, startDate: 1 }];
    const place = { run: 'run-1', cycle: 1 };
    expect(await workflow.start('one', place)).toEqual({ executionArn: execution });
    expect(service.asked).toEqual([
      {
        target: 'AWSStepFunctions.StartExecution',
        body: { stateMachineArn: machine, name: 'one', input: JSON.stringify(place) },
      },
    ]);
  });

  test('takes an execution that exists as the one that was asked for', async () => {
    service.answers = [refusal('ExecutionAlreadyExists')];
    expect(await workflow.start('one', { run: 'run-1', cycle: 1 })).toEqual({ executionArn: execution });
  });

  test.each(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'])(
    'says that nobody waits any more where it hears %s',
    async (name) => {
      service.answers = [refusal(name)];
      expect(await workflow.succeed('token', {})).toBe('gone');
    },
  );

  test('says how an execution ended, and that one is missing', async () => {
    service.answers = [{ status: 200, body: { status: 'ABORTED' } }, refusal('ExecutionDoesNotExist')];
    expect(await workflow.describe(execution)).toEqual({ kind: 'ended', status: 'ABORTED' });
    expect(await workflow.describe(execution)).toEqual({ kind: 'missing' });
  });

  test('asks again where the service is not there, and not where it refuses', async () => {
    service.answers = [refusal('ServiceUnavailable', 503), refusal('ThrottlingException')];
    expect(await workflow.succeed('token', {})).toBe('delivered');
    expect(service.asked).toHaveLength(3);
    service.answers = [refusal('AccessDeniedException')];
    await expect(workflow.succeed('token', {})).rejects.toMatchObject({ code: 'forbidden' });
    expect(service.asked).toHaveLength(4);
  });
});
