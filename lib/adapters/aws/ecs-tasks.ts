import {
  AccessDeniedException,
  ClientException,
  ClusterNotFoundException,
  ConflictException,
  DescribeTasksCommand,
  ECSClient,
  InvalidParameterException,
  ListTasksCommand,
  PlatformTaskDefinitionIncompatibilityException,
  PlatformUnknownException,
  RunTaskCommand,
  type RunTaskCommandInput,
  StopTaskCommand,
  type Task,
  UnsupportedFeatureException,
} from '@aws-sdk/client-ecs';
import { workerEnvironment } from '#contracts/worker-environment.ts';
import {
  type Launcher,
  type LaunchOutcome,
  type LaunchRequest,
  startedBy,
  type TaskState,
  type Tasks,
} from '#core/ports/compute.ts';
import { maxAttempts } from './clients.ts';

export interface LaunchPlace {
  cluster: string;
  taskDefinition: string;
  containerName: string;
  subnets: string[];
  securityGroups: string[];
  assignPublicIp: 'ENABLED' | 'DISABLED';
  /** People may look into it by ECS Exec. */
  exec: boolean;
}

/** These say that the request itself is wrong: sending it again will not help. */
const permanent = [
  ClientException,
  ClusterNotFoundException,
  InvalidParameterException,
  PlatformTaskDefinitionIncompatibilityException,
  PlatformUnknownException,
  UnsupportedFeatureException,
];

/** The names by which ECS and the SDK say "not now". Source: ECS API reference, common errors. */
const throttles = new Set([
  'ThrottlingException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'ServerException',
  'LimitExceededException',
  'BlockedException',
]);

export function makeEcsLauncher(place: LaunchPlace, client = new ECSClient({ maxAttempts })): Launcher {
  return {
    async launch(request) {
      try {
        const { tasks = [], failures = [] } = await client.send(
          new RunTaskCommand(runTaskInput(place, request)),
        );
        const taskArn = tasks[0]?.taskArn;
        if (taskArn) return { kind: 'started', taskArn };
        const reason =
          failures.map((failure) => failure.reason ?? failure.detail).join(', ') || 'no task and no reason';
        // Failures in a reply are about resources (capacity, ENIs, memory), which come and go.
        return { kind: 'rejected', later: true, noRoom: true, reason };
      } catch (error) {
        return toOutcome(error);
      }
    },
  };
}

function toOutcome(error: unknown): LaunchOutcome {
  if (error instanceof ConflictException) {
    // The same token started a task before: adopt it.
    const taskArn = error.resourceIds?.[0];
    if (taskArn) return { kind: 'started', taskArn };
  }
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  if (error instanceof Error && throttles.has(error.name)) return { kind: 'rejected', later: true, reason };
  if (error instanceof AccessDeniedException) return { kind: 'rejected', later: true, denied: true, reason };
  if (permanent.some((fault) => error instanceof fault)) return { kind: 'rejected', later: false, reason };
  throw error;
}

function runTaskInput(place: LaunchPlace, request: LaunchRequest): RunTaskCommandInput {
  const { jobId, attempt, compute } = request;
  const variables = {
    [workerEnvironment.jobId]: jobId,
    [workerEnvironment.attempt]: String(attempt),
    [workerEnvironment.ticket]: request.ticket,
    [workerEnvironment.traceparent]: request.traceparent,
  };
  return {
    cluster: place.cluster,
    taskDefinition: place.taskDefinition,
    ...(request.capacity === 'spot'
      ? { capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }] }
      : { launchType: 'FARGATE' }),
    ...(place.exec && { enableExecuteCommand: true }),
    count: 1,
    clientToken: `${jobId}-${attempt}`,
    startedBy: startedBy(jobId, attempt),
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: place.subnets,
        securityGroups: place.securityGroups,
        assignPublicIp: place.assignPublicIp,
      },
    },
    overrides: {
      cpu: String(compute.cpu),
      memory: String(compute.memoryMiB),
      // 20 GiB is what every task has; asking for it explicitly is refused below 21.
      ...(compute.diskGiB > 20 ? { ephemeralStorage: { sizeInGiB: compute.diskGiB } } : {}),
      containerOverrides: [
        {
          name: place.containerName,
          cpu: compute.cpu,
          memory: compute.memoryMiB,
          environment: Object.entries(variables).map(([name, value]) => ({ name, value })),
        },
      ],
    },
  };
}

export function makeEcsTasks(cluster: string, client = new ECSClient({ maxAttempts })): Tasks {
  return {
    async stop(task, reason) {
      try {
        await client.send(new StopTaskCommand({ cluster, task, reason: reason.slice(0, 255) }));
      } catch (error) {
        // ECS answers so for a task that it has forgotten: there is nothing to stop.
        if (error instanceof InvalidParameterException) return;
        throw error;
      }
    },
    async describe(task) {
      const { tasks = [] } = await client.send(new DescribeTasksCommand({ cluster, tasks: [task] }));
      return tasks[0] ? toState(tasks[0]) : { kind: 'missing' };
    },
    async find(jobId, attempt) {
      const { taskArns = [] } = await client.send(
        new ListTasksCommand({ cluster, startedBy: startedBy(jobId, attempt) }),
      );
      return taskArns;
    },
  };
}

function toState(task: Task): TaskState {
  if (task.lastStatus !== 'STOPPED') return { kind: 'alive' };
  const exitCode = task.containers?.find((container) => container.exitCode !== undefined)?.exitCode;
  const reason = [
    task.stoppedReason ?? task.stopCode ?? 'stopped',
    exitCode === undefined ? '' : `exit code ${exitCode}`,
  ];
  return { kind: 'stopped', how: howStopped(task), reason: reason.filter(Boolean).join(', ').slice(0, 400) };
}

function howStopped({ stopCode }: Task): Extract<TaskState, { kind: 'stopped' }>['how'] {
  switch (stopCode) {
    case 'TaskFailedToStart':
      return 'unstarted';
    case 'SpotInterruption':
    case 'TerminationNotice':
    case 'InfrastructureHealth':
    case 'ServiceSchedulerInitiated':
      return 'interrupted';
    default:
      return 'exited';
  }
}
