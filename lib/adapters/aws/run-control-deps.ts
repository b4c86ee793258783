import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { FunctionEnvironment } from '#contracts/function-env.ts';
import { shippedTeamsFile } from '#contracts/settings.ts';
import { type TeamDocument, teamDocument } from '#contracts/team.ts';
import type { Telemetry } from '../telemetry.ts';
import { controlVariables, makeControlDeps } from './control-deps.ts';
import { makeDynamoTeams } from './dynamo-teams.ts';
import { makeEcsTasks } from './ecs-tasks.ts';
import { makeProviderTags } from './provider-tags.ts';
import { makeRunPorts, runVariables } from './run-ports.ts';

/** What `makeRunControlDeps` takes from the environment. */
export const runControlVariables = [
  ...controlVariables,
  ...runVariables,
  'LAMBDA_TASK_ROOT',
  'CONNECTIONS_URL',
  'CLUSTER_ARN',
  'PROVIDER_SECRET_ARN',
] as const;
type RunControlEnvironment = FunctionEnvironment<(typeof runControlVariables)[number]>;

/** What starting and stopping runs and jobs takes, whoever asks for it: a client, or a schedule that is due. */
export function makeRunControlDeps(
  env: RunControlEnvironment,
  client: DynamoDBDocumentClient,
  telemetry: Telemetry,
) {
  const table = { client, tableName: env.TABLE_NAME };
  return {
    ...makeControlDeps(env, client, telemetry),
    ...makeRunPorts(env, client),
    tasks: makeEcsTasks(env.CLUSTER_ARN),
    teams: makeDynamoTeams(table, readShippedTeams(env.LAMBDA_TASK_ROOT)),
    providers: makeProviderTags(env.PROVIDER_SECRET_ARN),
  };
}

function readShippedTeams(folder: string): TeamDocument[] {
  return z.array(teamDocument).parse(JSON.parse(readFileSync(join(folder, shippedTeamsFile), 'utf8')));
}
