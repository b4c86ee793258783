import { describe, expect, test } from '@jest/globals';
import { keepStopping, stopExecutions } from '#adapters/aws/stop-executions.ts';
import { startJsonService } from '../../fakes/json-service.ts';

const machine = 'arn:aws:states:eu-central-1:123456789012:stateMachine:muster-cycle';

describe('what runs of a state machine that is to go', () => {
  test('is stopped, each execution by its name [A8]', async () => {
    await using states = await startJsonService([
      { executions: [{ executionArn: 'arn:one' }, { executionArn: 'arn:two' }] },
      { stopDate: 1 },
      { stopDate: 2 },
    ]);
    expect(await stopExecutions(states.target, machine)).toBe(2);
    expect(states.asked).toEqual([
      {
        target: 'AWSStepFunctions.ListExecutions',
        body: { stateMachineArn: machine, statusFilter: 'RUNNING', maxResults: 100 },
      },
      {
        target: 'AWSStepFunctions.StopExecution',
        body: { executionArn: 'arn:one', cause: 'muster destroy' },
      },
      {
        target: 'AWSStepFunctions.StopExecution',
        body: { executionArn: 'arn:two', cause: 'muster destroy' },
      },
    ]);
  });

  test('is nothing any more once the machine is gone, which is no fault', async () => {
    const over = new AbortController();
    await using states = await startJsonService([
      { status: 400, body: { __type: 'StateMachineDoesNotExist', message: 'gone' } },
    ]);
    const kept = keepStopping(states.target, [machine], over.signal);
    over.abort();
    await expect(kept).resolves.toBeUndefined();
    expect(states.asked).toHaveLength(1);
  });
});
