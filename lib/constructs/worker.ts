import { Duration } from 'aws-cdk-lib';
import {
  AwsLogDriverMode,
  Cluster,
  ContainerInsights,
  CpuArchitecture,
  ExecuteCommandLogging,
  FargateTaskDefinition,
  LinuxParameters,
  LogDrivers,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Size, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { defaultCompute } from '#contracts/compute.ts';
import { workerContainerName as containerName, type Settings } from '#contracts/settings.ts';
import { workerEnvironment } from '#contracts/worker-environment.ts';
import { customerKey } from './customer-key.ts';
import type { HttpApi } from './http-api.ts';
import { Logs } from './logs.ts';
import type { Network } from './network.ts';
import { workerImage } from './worker-image.ts';
import { allowShell, WorkerRoles } from './worker-roles.ts';

export interface WorkerProps {
  readonly settings: Settings;
  readonly network: Network;
  /** The control plane: all that a worker may call. */
  readonly api: HttpApi;
}

/** Log streams are `<prefix>/<container>/<task id>`. */
const streamPrefix = 'worker';

/** The container that does one attempt of one job and goes away. */
export class Worker extends Construct {
  readonly cluster: Cluster;
  readonly taskDefinition: FargateTaskDefinition;
  readonly roles: WorkerRoles;
  readonly logGroup: LogGroup;
  readonly containerName = containerName;
  /** Log streams are named `<prefix>/<ECS task id>`. */
  readonly logStreamPrefix = `${streamPrefix}/${containerName}`;

  constructor(scope: Construct, id: string, props: WorkerProps) {
    super(scope, id);
    const { settings, api } = props;
    const audit = settings.exec ? new Logs(this, 'ShellLogs', { settings }).group : undefined;
    this.cluster = makeCluster(this, props, audit);
    this.logGroup = new Logs(this, 'Logs', { settings }).group;
    this.roles = new WorkerRoles(this, 'Roles', { api });
    if (audit) allowShell(this.roles.task, audit, customerKey(this, settings));
    this.taskDefinition = new FargateTaskDefinition(this, 'Task', {
      cpu: defaultCompute.cpu,
      memoryLimitMiB: defaultCompute.memoryMiB,
      runtimePlatform: {
        operatingSystemFamily: OperatingSystemFamily.LINUX,
        cpuArchitecture: settings.architecture === 'arm64' ? CpuArchitecture.ARM64 : CpuArchitecture.X86_64,
      },
      taskRole: this.roles.task,
      executionRole: this.roles.execution,
    });
    this.#addContainer(settings, api);
    Validations.of(this.taskDefinition).acknowledge({
      id: 'AwsSolutions-ECS2',
      reason: 'The only variable is the address of the API, which is no secret.',
    });
  }

  #addContainer(settings: Settings, api: HttpApi): void {
    this.taskDefinition.addContainer(containerName, {
      containerName,
      image: workerImage(this, settings),
      // Explicit, so that a job of another size can override both, task and container, to the same figures.
      cpu: defaultCompute.cpu,
      memoryLimitMiB: defaultCompute.memoryMiB,
      // Spot gives two minutes between SIGTERM and SIGKILL; the default of 30 s would waste most of them.
      stopTimeout: Duration.seconds(120),
      // Tools leave orphans behind, and Node does not reap them: an init process does, and passes SIGTERM on.
      linuxParameters: new LinuxParameters(this, 'Linux', { initProcessEnabled: true }),
      environment: { [workerEnvironment.apiUrl]: api.url },
      logging: LogDrivers.awsLogs({
        logGroup: this.logGroup,
        streamPrefix,
        // A log service that is slow must not hold up an agent.
        mode: AwsLogDriverMode.NON_BLOCKING,
        maxBufferSize: Size.mebibytes(8),
      }),
    });
  }
}

/** @param audit where shells that people open are written down; undefined where nobody may open one */
function makeCluster(scope: Construct, { settings, network }: WorkerProps, audit?: LogGroup): Cluster {
  const key = customerKey(scope, settings);
  const isProd = settings.profile === 'prod';
  const cluster = new Cluster(scope, 'Cluster', {
    vpc: network.vpc,
    // In every deployment, so that the setting `spot` changes nothing but what the dispatcher asks for.
    enableFargateCapacityProviders: true,
    ...(audit && {
      executeCommandConfiguration: {
        logging: ExecuteCommandLogging.OVERRIDE,
        logConfiguration: { cloudWatchLogGroup: audit, cloudWatchEncryptionEnabled: key !== undefined },
        ...(key && { kmsKey: key }),
      },
    }),
    containerInsightsV2: isProd ? ContainerInsights.ENABLED : ContainerInsights.DISABLED,
  });
  if (!isProd) {
    Validations.of(cluster).acknowledge({
      id: 'AwsSolutions-ECS4',
      reason: 'Development: Container Insights bills a metric per task family; Muster counts its own.',
    });
  }
  return cluster;
}
