import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { documentClient } from '#adapters/aws/clients.ts';
import { makeRowDeps, rowVariables } from '#adapters/aws/control-deps.ts';
import { makeEcsLauncher } from '#adapters/aws/ecs-tasks.ts';
import { makeLambdaLauncher } from '#adapters/aws/lambda-launcher.ts';
import { makeLaneLauncher } from '#adapters/aws/lane-launcher.ts';
import { readFunctionEnvironment } from '#adapters/env.ts';
import { makeTelemetry } from '#adapters/telemetry.ts';
import { type WakeMessage, wakeMessage } from '#contracts/wake-message.ts';
import { dispatch } from '#core/dispatch/dispatch.ts';

const env = readFunctionEnvironment([
  ...rowVariables,
  'CLUSTER_ARN',
  'TASK_DEFINITION_ARN',
  'CONTAINER_NAME',
  'FUNCTION_WORKER_ARN',
  'SUBNET_IDS',
  'SECURITY_GROUP_IDS',
  'ASSIGN_PUBLIC_IP',
  'SPOT',
  'EXEC',
]);
const telemetry = makeTelemetry('dispatcher');
const fargate = makeEcsLauncher({
  cluster: env.CLUSTER_ARN,
  taskDefinition: env.TASK_DEFINITION_ARN,
  containerName: env.CONTAINER_NAME,
  subnets: env.SUBNET_IDS,
  securityGroups: env.SECURITY_GROUP_IDS,
  assignPublicIp: env.ASSIGN_PUBLIC_IP,
  exec: env.EXEC,
});
const launcher = makeLaneLauncher({ fargate, function: makeLambdaLauncher(env.FUNCTION_WORKER_ARN) });
const deps = { ...makeRowDeps(env, documentClient(), telemetry), launcher, spot: env.SPOT };

/** A message that is not ours would come back for ever: an empty wake-up does what it may have meant. */
function parse(record: SQSRecord): WakeMessage {
  try {
    return wakeMessage.parse(JSON.parse(record.body));
  } catch (error) {
    telemetry.log.warn('not a wake-up; treated as an empty one', {
      messageId: record.messageId,
      reason: String(error),
    });
    return { v: 1 };
  }
}

async function handleRecord(record: SQSRecord): Promise<boolean> {
  const message = parse(record);
  try {
    const outcome = await dispatch(deps, message);
    telemetry.log.info('dispatched', { outcome, job: message.jobId });
    return true;
  } catch (error) {
    // Only this message comes back; after five times it is in the dead-letter queue, and the row is still due.
    telemetry.logger.error('dispatch failed', { job: message.jobId, error: error as Error });
    return false;
  }
}

export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const record of event.Records) {
    if (!(await handleRecord(record))) batchItemFailures.push({ itemIdentifier: record.messageId });
  }
  telemetry.flush();
  return { batchItemFailures };
}
