import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Timings } from '#contracts/limits.ts';
import type { RunPorts } from '#core/ports/core-deps.ts';
import { readEndpointUrl } from '../env.ts';
import { makeDynamoRunStore } from './dynamo-run-store.ts';
import { makeSfnWorkflow, targetOf } from './sfn-workflow.ts';

export interface RunEnvironment {
  TABLE_NAME: string;
  TIMINGS: Timings;
  CYCLE_MACHINE_ARN: string;
}

/** Runs' own rows and Step Functions. */
export function makeRunPorts(env: RunEnvironment, client: DynamoDBDocumentClient): RunPorts {
  return {
    runs: makeDynamoRunStore({ client, tableName: env.TABLE_NAME }, env.TIMINGS),
    workflow: makeSfnWorkflow(env.CYCLE_MACHINE_ARN, targetOf(client, readEndpointUrl())),
  };
}
