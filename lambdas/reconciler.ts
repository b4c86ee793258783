import * as z from 'zod';
import { documentClient } from '#adapters/aws/clients.ts';
import { controlVariables, makeControlDeps } from '#adapters/aws/control-deps.ts';
import { makeEcsCluster } from '#adapters/aws/ecs-cluster.ts';
import { makeEcsTasks } from '#adapters/aws/ecs-tasks.ts';
import { makeLambdaCourier } from '#adapters/aws/lambda-courier.ts';
import { makeRunPorts, runVariables } from '#adapters/aws/run-ports.ts';
import { makeSnsAnnouncer } from '#adapters/aws/sns-announcer.ts';
import { readFunctionEnvironment } from '#adapters/env.ts';
import { makeTelemetry } from '#adapters/telemetry.ts';
import { parseStartedBy } from '#core/ports/compute.ts';
import { reconcile } from '#core/reconcile/reconcile.ts';
import { reconcileJob } from '#core/reconcile/reconcile-job.ts';
import { reconcileRuns } from '#core/runs/reconcile-run.ts';

const env = readFunctionEnvironment([
  ...controlVariables,
  ...runVariables,
  'CONNECTIONS_URL',
  'CLUSTER_ARN',
  'APPROVALS_TOPIC_ARN',
  'WEBHOOKS_FUNCTION_ARN',
  'SCHEDULES_FUNCTION_ARN',
]);
const telemetry = makeTelemetry('reconciler');
const client = documentClient();
const deps = {
  ...makeControlDeps(env, client, telemetry),
  ...makeRunPorts(env, client),
  announcer: makeSnsAnnouncer(env.APPROVALS_TOPIC_ARN),
  courier: makeLambdaCourier(env.WEBHOOKS_FUNCTION_ARN, 'webhooks', client),
  scheduler: makeLambdaCourier(env.SCHEDULES_FUNCTION_ARN, 'schedules', client),
  watcher: makeLambdaCourier(env.SCHEDULES_FUNCTION_ARN, 'recoveries', client),
  tasks: makeEcsTasks(env.CLUSTER_ARN),
  cluster: makeEcsCluster(env.CLUSTER_ARN),
};

/** An ECS task state change, as far as we read it. Source: Amazon ECS events. */
const taskStopped = z.object({
  source: z.literal('aws.ecs'),
  detail: z.object({ taskArn: z.string(), startedBy: z.string() }),
});

/** Every minute for all that is due; and for one job when an event names its task. */
export async function handler(event: unknown): Promise<unknown> {
  try {
    const stopped = taskStopped.safeParse(event);
    if (!stopped.success) return { ...(await reconcile(deps)), ...(await reconcileRuns(deps)) };
    const { taskArn, startedBy } = stopped.data.detail;
    const target = parseStartedBy(startedBy);
    if (!target) return { ignored: `startedBy ${startedBy} is not an attempt of ours` };
    const row = await reconcileJob(deps, target.jobId, { attempt: target.attempt, taskArn });
    return { job: target.jobId, status: row?.status };
  } finally {
    telemetry.flush();
  }
}
