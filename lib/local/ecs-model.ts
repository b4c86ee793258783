import * as z from 'zod';
import type { ProcessIdentity } from './process-identity.ts';

const keyValue = z.object({ name: z.string(), value: z.string() });
const tags = z.array(z.object({ key: z.string(), value: z.string().optional() })).optional();

const containerOverride = z.looseObject({
  name: z.string(),
  command: z.array(z.string()).optional(),
  environment: z.array(keyValue).optional(),
});

export const runTaskInput = z.looseObject({
  taskDefinition: z.string(),
  cluster: z.string().default('default'),
  count: z.number().int().min(1).max(10).default(1),
  clientToken: z.string().max(64).optional(),
  startedBy: z.string().optional(),
  group: z.string().optional(),
  launchType: z.string().optional(),
  platformVersion: z.string().optional(),
  capacityProviderStrategy: z.array(z.looseObject({ capacityProvider: z.string() })).optional(),
  enableExecuteCommand: z.boolean().optional(),
  tags,
  overrides: z.looseObject({ containerOverrides: z.array(containerOverride).optional() }).default({}),
});
export type RunTaskInput = z.infer<typeof runTaskInput>;

/** The resolved properties of `AWS::ECS::TaskDefinition` that mean something on this machine. */
export const taskDefinitionProperties = z.object({
  Family: z.string().optional(),
  Cpu: z.coerce.string().default('256'),
  Memory: z.coerce.string().default('512'),
  TaskRoleArn: z.string().optional(),
  ContainerDefinitions: z
    .array(
      z.object({
        Name: z.string(),
        Image: z.string(),
        Command: z.array(z.string()).default([]),
        EntryPoint: z.array(z.string()).default([]),
        Environment: z.array(z.object({ Name: z.string(), Value: z.coerce.string() })).default([]),
        Secrets: z
          .array(z.unknown())
          .max(0, 'secrets of a container are not handled; read them at run time')
          .optional(),
        StopTimeout: z.coerce.number().default(30),
        LogConfiguration: z.object({ Options: z.record(z.string(), z.string()).default({}) }).optional(),
      }),
    )
    .length(1, 'the local cloud runs one container per task'),
});

export interface TaskDefinition {
  arn: string;
  family: string;
  cpu: string;
  memory: string;
  taskRoleArn: string | undefined;
  container: {
    name: string;
    image: string;
    /** The staged folder that the image would be built from. */
    assetFolder: string;
    entryPoint: string[];
    command: string[];
    environment: Record<string, string>;
    stopTimeoutSeconds: number;
    logGroup: string | undefined;
    logPrefix: string | undefined;
  };
  /** Endpoint, region, PATH and the task role's credentials. */
  baseEnvironment: Record<string, string>;
}

export const taskStatuses = ['PROVISIONING', 'PENDING', 'RUNNING', 'DEPROVISIONING', 'STOPPED'] as const;
export type TaskStatus = (typeof taskStatuses)[number];

export interface TaskContainer {
  containerArn: string;
  taskArn: string;
  name: string;
  image: string;
  lastStatus: 'PENDING' | 'RUNNING' | 'STOPPED';
  exitCode?: number;
  reason?: string;
}

/** A task as DescribeTasks returns it, with its times in seconds since the epoch. */
export interface EcsTask {
  taskArn: string;
  clusterArn: string;
  taskDefinitionArn: string;
  group: string;
  lastStatus: TaskStatus;
  desiredStatus: 'RUNNING' | 'STOPPED';
  version: number;
  cpu: string;
  memory: string;
  launchType: string;
  capacityProviderName?: string;
  platformVersion: string;
  startedBy?: string;
  tags: { key: string; value?: string | undefined }[];
  overrides: RunTaskInput['overrides'];
  containers: TaskContainer[];
  attachments: never[];
  createdAt: number;
  startedAt?: number;
  stoppingAt?: number;
  stoppedAt?: number;
  stopCode?: 'TaskFailedToStart' | 'EssentialContainerExited' | 'UserInitiated' | 'InfrastructureHealth';
  stoppedReason?: string;
}

/** What is on disk: enough to start the task later, or to clean up after a cloud that was killed. */
export interface StoredTask {
  id: string;
  task: EcsTask;
  /** Orders tasks of the same millisecond. */
  sequence: number;
  clientToken?: string;
  /** Of the RunTask parameters, to tell a repeated call from another one under the same token. */
  inputHash: string;
  process?: ProcessIdentity;
}
