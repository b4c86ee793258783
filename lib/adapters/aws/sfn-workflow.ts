import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { AppError } from '#contracts/errors.ts';
import type { ExecutionState, Workflow } from '#core/ports/workflow.ts';
import { callJsonService, type JsonServiceTarget, refusalOf } from '../client/json-service.ts';

const attempts = 3;
const nothing = z.object({});
const started = z.object({ executionArn: z.string() });
const described = z.object({ status: z.string() });

/** The state is over, by its own timeout or because this was told before: nobody is left to be told. */
const gone = ['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'];

/**
 * Step Functions, for the one machine whose ARN is given. Signed here: three calls do not justify the client of the
 * SDK, which would be a thirtieth of each bundle.
 */
export function makeSfnWorkflow(stateMachineArn: string, target: JsonServiceTarget): Workflow {
  /** All three calls are safe to send again. */
  async function call<T>(operation: string, input: object, reply: z.ZodType<T>): Promise<T> {
    for (let attempt = 1; ; attempt++)
      try {
        return await callJsonService(target, {
          service: 'states',
          operation: `AWSStepFunctions.${operation}`,
          input,
          reply,
          version: '1.0',
        });
      } catch (error) {
        if (attempt === attempts || !(error instanceof AppError) || error.code !== 'unavailable') throw error;
      }
  }

  return {
    async start(name, input) {
      try {
        return await call('StartExecution', { stateMachineArn, name, input: JSON.stringify(input) }, started);
      } catch (error) {
        // Names are used once: an execution that has ended under this name is the one that was asked for.
        if (refusalOf(error) === 'ExecutionAlreadyExists')
          return { executionArn: executionArnOf(stateMachineArn, name) };
        throw error;
      }
    },
    async succeed(taskToken, output) {
      try {
        await call('SendTaskSuccess', { taskToken, output: JSON.stringify(output) }, nothing);
        return 'delivered';
      } catch (error) {
        if (gone.includes(refusalOf(error) ?? '')) return 'gone';
        throw error;
      }
    },
    async describe(executionArn) {
      try {
        return toState((await call('DescribeExecution', { executionArn }, described)).status);
      } catch (error) {
        if (refusalOf(error) === 'ExecutionDoesNotExist') return { kind: 'missing' };
        throw error;
      }
    },
    arnOf: (name) => executionArnOf(stateMachineArn, name),
  };
}

/** Where a function's other services are, by the client that it has. */
export function targetOf(client: DynamoDBDocumentClient, endpointUrl: string | undefined): JsonServiceTarget {
  return {
    endpointUrl,
    region: () => client.config.region(),
    credentials: () => client.config.credentials(),
  };
}

function toState(status: string): ExecutionState {
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
