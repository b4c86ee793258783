import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  InvalidToken,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import type { ExecutionState, Workflow } from '#core/ports/workflow.ts';
import { maxAttempts } from './clients.ts';

/** Step Functions, for the one machine whose ARN is given. */
export function makeSfnWorkflow(stateMachineArn: string, client = new SFNClient({ maxAttempts })): Workflow {
  return {
    async start(name, input) {
      const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
      try {
        const { executionArn } = await client.send(command);
        return { executionArn: executionArn ?? executionArnOf(stateMachineArn, name) };
      } catch (error) {
        // Names are used once: an execution that has ended under this name is the one that was asked for.
        if (isNamed(error, 'ExecutionAlreadyExists'))
          return { executionArn: executionArnOf(stateMachineArn, name) };
        throw error;
      }
    },
    async succeed(taskToken, output) {
      try {
        await client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }));
        return 'delivered';
      } catch (error) {
        // The state is over, by its own timeout or because this was told before: nobody is left to be told.
        const isGone =
          error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken;
        if (isGone) return 'gone';
        throw error;
      }
    },
    async describe(executionArn) {
      try {
        const { status } = await client.send(new DescribeExecutionCommand({ executionArn }));
        return toState(status);
      } catch (error) {
        if (error instanceof ExecutionDoesNotExist) return { kind: 'missing' };
        throw error;
      }
    },
    arnOf: (name) => executionArnOf(stateMachineArn, name),
  };
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

function toState(status: string | undefined): ExecutionState {
  switch (status) {
    case 'SUCCEEDED':
    case 'FAILED':
    case 'TIMED_OUT':
    case 'ABORTED':
      return { kind: 'ended', status };
    default:
      return { kind: 'running' };
  }
}

/** `arn:…:stateMachine:NAME` → `arn:…:execution:NAME:EXECUTION`. Source: ARN formats of Step Functions. */
export function executionArnOf(stateMachineArn: string, name: string): string {
  return `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
}
