import * as z from 'zod';
import { documentClient } from '#adapters/aws/clients.ts';
import { makeControlDeps } from '#adapters/aws/control-deps.ts';
import { makeEcsCluster } from '#adapters/aws/ecs-cluster.ts';
import { makeEcsTasks } from '#adapters/aws/ecs-tasks.ts';
import { makeLambdaCourier } from '#adapters/aws/lambda-courier.ts';
import { makeRunPorts } from '#adapters/aws/run-ports.ts';
import { makeSnsAnnouncer } from '#adapters/aws/sns-announcer.ts';
import { readEndpointUrl, readFunctionEnvironment } from '#adapters/env.ts';
import { makeTelemetry } from '#adapters/telemetry.ts';
import { parseStartedBy } from '#core/ports/compute.ts';
import { reconcile } from '#core/reconcile/reconcile.ts';
import { reconcileJob } from '#core/reconcile/reconcile-job.ts';
import { reconcileRuns } from '#core/runs/reconcile-run.ts';

const env = readFunctionEnvironment([
  'TABLE_NAME',
  'BUCKET_NAME',
  'QUEUE_URL',
  'CONNECTIONS_URL',
  'CLUSTER_ARN',
  'CYCLE_MACHINE_ARN',
  'APPROVALS_TOPIC_ARN',
  'TIMINGS',
  'MAX_CONCURRENT_WORKERS',
  'MAX_CONCURRENT_FUNCTIONS',
  'FORCE_FARGATE',
  'SELF_HOSTED_MODELS',
  'LOOPBACK_WEBHOOKS',
  'WEBHOOKS_FUNCTION_ARN',
  'SCHEDULES_FUNCTION_ARN',
  'JOB_BUDGET_USD',
  'PROJECT_MONTH_BUDGET_USD',
]);
const telemetry = makeTelemetry('reconciler');
const client = documentClient();
const place = { endpointUrl: readEndpointUrl(), client };
const deps = {
  ...makeControlDeps(env, client, telemetry),
  ...makeRunPorts(env, client),
  announcer: makeSnsAnnouncer(env.APPROVALS_TOPIC_ARN),
  courier: makeLambdaCourier({ functionArn: env.WEBHOOKS_FUNCTION_ARN, ...place }, (webhooks) => ({
    v: 1,
    webhooks,
  })),
  scheduler: makeLambdaCourier({ functionArn: env.SCHEDULES_FUNCTION_ARN, ...place }, (schedules) => ({
    v: 1,
    schedules,
  })),
  watcher: makeLambdaCourier({ functionArn: env.SCHEDULES_FUNCTION_ARN, ...place }, (recoveries) => ({
    v: 1,
    recoveries,
  })),
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
