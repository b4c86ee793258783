import * as z from 'zod';
import { access, everything } from './access.ts';
import { timings } from './limits.ts';

/**
 * What a deployment chooses, from `muster.settings` in cdk.json's context or `-c muster.settings='{…}'`.
 * Wrong settings fail at synth, each fault with its path.
 */
export const settings = z
  .strictObject({
    /** `dev` is cheap and easy to tear down; `prod` keeps data and asks for named access. */
    profile: z.enum(['dev', 'prod']).default('dev'),
    /** Gets the alarms; the address must confirm the subscription that AWS mails to it. */
    alarmEmail: z.email().optional(),
    /** Hears what people have to decide; the address must confirm the subscription that AWS mails to it. */
    approvalEmail: z.email().optional(),
    access: access.optional(),
    /**
     * `public`: public subnets, no inbound, no NAT, nothing to pay while idle. `private`: NAT, 37 USD a month in `dev`,
     * and 73 in `prod`, where each zone has its own. Default: `private` in `prod`.
     */
    network: z.enum(['public', 'private']).optional(),
    /** Workers at once. A new account may run 6 vCPUs of Fargate per region, so 6 workers of the default size. */
    maxConcurrentWorkers: z.number().int().min(1).max(500).default(6),
    /**
     * Workers in functions at once. They count against the account's Lambda concurrency, which the control plane
     * needs too: 1,000, but 10 in all in some new accounts; then 5 is a good choice.
     */
    maxConcurrentFunctions: z.number().int().min(1).max(500).default(10),
    /** Every job runs on Fargate, also those that need no sandbox. */
    forceFargate: z.boolean().default(false),
    /**
     * Workers start on Fargate Spot, for up to 70 % less, and go on demand when Spot has no room or has interrupted a
     * job twice. Default: in `dev`.
     */
    spot: z.boolean().optional(),
    /** People may open a shell in a running worker by ECS Exec: `muster job shell`. See docs/security.md first. */
    exec: z.boolean().default(false),
    /** CPU of the worker image and its tasks. */
    architecture: z.enum(['arm64', 'x86_64']).default('arm64'),
    /** Base image of the worker; pin it by digest for production. */
    workerBaseImage: z
      .string()
      .regex(
        /^[a-z0-9./:_-]+(@sha256:[0-9a-f]{64})?$/,
        'must be an image reference, best with @sha256:<digest>',
      )
      .default('public.ecr.aws/docker/library/node:24-bookworm-slim'),
    /** Log retention. */
    logRetentionDays: z
      .union([z.literal(7), z.literal(14), z.literal(30), z.literal(90), z.literal(365)])
      .optional(),
    /** What happens to table and bucket when the stack is deleted. */
    dataOnDelete: z.enum(['retain', 'destroy']).default('retain'),
    jobBudgetUsd: z.number().positive().max(1_000).default(1),
    projectMonthBudgetUsd: z.number().positive().max(1_000_000).default(100),
    /**
     * What the whole AWS account may cost in a month, models by key aside. Once that is used up AWS denies Muster to
     * start workers, until somebody takes it back.
     */
    accountBudgetUsd: z.number().positive().max(1_000_000).optional(),
    timings: timings.prefault({}),
  })
  .transform((value, context) => {
    if (value.profile === 'prod' && !value.access) {
      context.addIssue({
        code: 'custom',
        path: ['access'],
        message:
          'is required in the prod profile: name who may use which projects, as {"<role ARN>": {"projects": ["…"], "approver": false}}',
      });
    }
    return {
      ...value,
      access: value.access ?? everything,
      network: value.network ?? (value.profile === 'prod' ? 'private' : 'public'),
      spot: value.spot ?? value.profile === 'dev',
      logRetentionDays: value.logRetentionDays ?? (value.profile === 'prod' ? 90 : 14),
    };
  });
export type Settings = z.output<typeof settings>;

/** Names of the stack's outputs, as clients look for them. */
export const outputs = {
  apiUrl: 'ApiUrl',
  streamUrl: 'StreamUrl',
  region: 'Region',
  tableName: 'TableName',
  bucketName: 'BucketName',
  queueUrl: 'QueueUrl',
  deadLetterQueueUrl: 'DeadLetterQueueUrl',
  clusterName: 'ClusterName',
  providerSecretName: 'ProviderSecretName',
  workerLogGroup: 'WorkerLogGroup',
  alarmTopicArn: 'AlarmTopicArn',
  approvalsTopicArn: 'ApprovalsTopicArn',
  cycleMachineArn: 'CycleMachineArn',
} as const;
/** Beside the function that starts runs: the teams that come with Muster. */
export const shippedTeamsFile = 'teams.json';
export const stackName = 'Muster';
/** Of the names of all alarms: `Muster-DeadLetters`. */
export const alarmPrefix = 'Muster-';
/** Of the one container of a worker's task. */
export const workerContainerName = 'worker';
/** Logical id of the function that workers of the function lane run in. */
export const functionWorkerId = 'FunctionWorker';
