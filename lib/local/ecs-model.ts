import * as z from 'zod';
import type { ProcessIdentity } from './process-identity.ts';

/** What of RunTask means something on this machine. */
export const runTaskInput = z
  .object({
    taskDefinition: z.string(),
    cluster: z.string(),
    count: z.number().int().min(1).max(10).default(1),
    clientToken: z.string().max(64).optional(),
    startedBy: z.string().optional(),
    launchType: z.literal('FARGATE').optional(),
    capacityProviderStrategy: z
      .tuple([z.object({ capacityProvider: z.enum(['FARGATE', 'FARGATE_SPOT']) })])
      .optional(),
    /** Known, and without an effect: there is no agent of AWS's in a process. */
    enableExecuteCommand: z.boolean().default(false),
    overrides: z
      .object({
        containerOverrides: z
          .array(
            z.object({
              name: z.string(),
              command: z.never('commands are not overridden here').optional(),
              environment: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
            }),
          )
          .default([]),
      })
      .default({ containerOverrides: [] }),
  })
  .refine((input) => !(input.launchType && input.capacityProviderStrategy), {
    message: 'Specifying both a launch type and capacity provider strategy is not supported.',
  });
export type RunTaskInput = z.infer<typeof runTaskInput>;

/** The resolved properties of `AWS::ECS::TaskDefinition` that mean something on this machine. */
export const taskDefinitionProperties = z.object({
  Family: z.string(),
  TaskRoleArn: z.string(),
  ContainerDefinitions: z.tuple(
    [
      z.object({
        Name: z.string(),
        Image: z.string(),
        Command: z.never("the image's own command is run").optional(),
        EntryPoint: z.never("the image's own command is run").optional(),
        Secrets: z.never('secrets of a container are not handled; read them at run time').optional(),
        Environment: z.array(z.object({ Name: z.string(), Value: z.coerce.string() })).default([]),
        StopTimeout: z.coerce.number().default(30),
        LogConfiguration: z.object({
          Options: z.object({ 'awslogs-group': z.string(), 'awslogs-stream-prefix': z.string() }),
        }),
      }),
    ],
    'the local cloud runs one container per task',
  ),
});

export interface TaskDefinition {
  arn: string;
  family: string;
  taskRoleArn: string;
  containerName: string;
  /** The staged folder that the image would be built from. */
  assetFolder: string;
  environment: Record<string, string>;
  stopTimeoutSeconds: number;
  logGroup: string;
  logPrefix: string;
}

interface TaskContainer {
  name: string;
  lastStatus: TaskStatus;
  exitCode?: number;
  reason?: string;
}

type TaskStatus = 'PENDING' | 'RUNNING' | 'STOPPED';

/** A task as DescribeTasks returns it, with its times in seconds since the epoch. */
export interface EcsTask {
  taskArn: string;
  clusterArn: string;
  taskDefinitionArn: string;
  lastStatus: TaskStatus;
  desiredStatus: 'RUNNING' | 'STOPPED';
  startedBy: string | undefined;
  launchType: 'FARGATE';
  capacityProviderName?: 'FARGATE' | 'FARGATE_SPOT';
  enableExecuteCommand: boolean;
  overrides: RunTaskInput['overrides'];
  containers: TaskContainer[];
  createdAt: number;
  startedAt?: number;
  stoppedAt?: number;
  stopCode?:
    | 'TaskFailedToStart'
    | 'EssentialContainerExited'
    | 'UserInitiated'
    | 'SpotInterruption'
    | 'InfrastructureHealth';
  stoppedReason?: string;
}

/** What is on disk: enough to start the task later, or to clean up after a cloud that was killed. */
export interface StoredTask {
  id: string;
  task: EcsTask;
  process?: ProcessIdentity;
}
