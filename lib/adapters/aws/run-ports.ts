import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { FunctionEnvironment, FunctionVariable } from '#contracts/function-env.ts';
import type { RunPorts } from '#core/ports/core-deps.ts';
import { readEndpointUrl } from '../env.ts';
import { makeDynamoRunStore } from './dynamo-run-store.ts';
import { makeSfnWorkflow, targetOf } from './sfn-workflow.ts';

/** What `makeRunPorts` takes from the environment. */
export const runVariables = [
  'TABLE_NAME',
  'TIMINGS',
  'CYCLE_MACHINE_ARN',
] as const satisfies readonly FunctionVariable[];
type RunEnvironment = FunctionEnvironment<(typeof runVariables)[number]>;

/** Runs' own rows and Step Functions. */
export function makeRunPorts(env: RunEnvironment, client: DynamoDBDocumentClient): RunPorts {
  return {
    runs: makeDynamoRunStore({ client, tableName: env.TABLE_NAME }, env.TIMINGS),
    workflow: makeSfnWorkflow(env.CYCLE_MACHINE_ARN, targetOf(client, readEndpointUrl())),
  };
}
