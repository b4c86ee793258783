import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { type EcsTask, type RunTaskInput, runTaskInput, type TaskDefinition } from './ecs-model.ts';
import { makeTaskRunner } from './ecs-runner.ts';
import { openTaskStore } from './ecs-store.ts';
import { type JsonInput, makeJsonService } from './json-service.ts';
import { arnOf } from './place.ts';
import type { LocalService } from './service.ts';
import { ServiceFault } from './service-fault.ts';

export interface EcsOptions {
  /** `<data>/ecs` */
  dir: string;
  /** Processes at once. */
  concurrency: number;
  /** Told of every change of a task. */
  onChange(task: EcsTask): void;
  /** A line that a task wrote. */
  onLine(group: string, stream: string, line: string): void;
}

export interface Ecs extends LocalService {
  /** Returns the cluster's ARN. */
  addCluster(name: string): string;
  /** Returns the ARN of its only revision. */
  addTaskDefinition(definition: Omit<TaskDefinition, 'arn'>): string;
  /** Takes a task of Spot away: SIGTERM, and SIGKILL after its stopTimeout. */
  interrupt(taskArn: string): void;
  /** Cleans up after an earlier cloud, then starts what it had accepted. Call it when events can be heard. */
  recover(): Promise<void>;
  close(): Promise<void>;
}

const listInput = z.object({
  cluster: z.string(),
  startedBy: z.string().optional(),
  desiredStatus: z.enum(['RUNNING', 'STOPPED']).default('RUNNING'),
  /** Where the next page begins. */
  nextToken: z.coerce.number().int().nonnegative().default(0),
});
/** As many as DescribeTasks takes. */
const listPage = 100;
const describeInput = z.object({ cluster: z.string(), tasks: z.array(z.string()).max(100) });
const stopInput = z.object({
  cluster: z.string(),
  task: z.string(),
  reason: z.string().default('Task stopped by user'),
});
const definitionInput = z.object({ taskDefinition: z.string() });

function parse<T>(schema: z.ZodType<T>, input: JsonInput): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new ServiceFault(400, 'InvalidParameterException', z.prettifyError(parsed.error));
}

/** The last part of an ARN, or the name itself. */
const nameOf = (reference: string): string => reference.split('/').at(-1) ?? '';

const clusterArnOf = (reference: string): string => arnOf('ecs', `cluster/${nameOf(reference)}`);
const taskArnOf = (cluster: string, id: string): string => arnOf('ecs', `task/${nameOf(cluster)}/${id}`);

/** ECS with one way to run a task: a process of this machine. */
export function startEcs({ dir, concurrency, onChange, onLine }: EcsOptions): Ecs {
  const store = openTaskStore(join(dir, 'tasks'));
  const clusterArns = new Set<string>();
  const definitions = new Map<string, TaskDefinition>();
  const runner = makeTaskRunner({
    store,
    workDir: join(dir, 'work'),
    concurrency,
    definition: (arn) => definitions.get(arn),
    onChange,
    onLine: (id, { logGroup, logPrefix, containerName }, line) =>
      onLine(logGroup, `${logPrefix}/${containerName}/${id}`, line),
  });

  function requireCluster(reference: string): string {
    const arn = clusterArnOf(reference);
    if (clusterArns.has(arn)) return arn;
    throw new ServiceFault(400, 'ClusterNotFoundException', 'Cluster not found.');
  }

  function requireDefinition(reference: string): TaskDefinition {
    const found = [...definitions.values()].find(
      ({ arn, family }) => family === reference || nameOf(arn) === nameOf(reference),
    );
    if (found) return found;
    throw new ServiceFault(400, 'ClientException', `TaskDefinition not found: ${reference}`);
  }

  function findTask(cluster: string, reference: string): EcsTask | undefined {
    const task = store.get(nameOf(reference))?.task;
    return task?.clusterArn === requireCluster(cluster) ? task : undefined;
  }

  function runTask(raw: JsonInput): { tasks: EcsTask[]; failures: never[] } {
    const input = parse(runTaskInput, raw);
    const definition = requireDefinition(input.taskDefinition);
    requireCluster(input.cluster);
    requireContainer(input, definition);
    const wanted = Array.from({ length: input.count }, (_, index) => makeTask(input, definition, index));
    // Ids derived from the token make a repeated call find what the first one made, even half of it.
    const earlier = wanted.flatMap(({ taskArn }) => findTask(input.cluster, taskArn) ?? []);
    if (earlier.some((task) => contentOf(task) !== contentOf(wanted[0]))) {
      const resourceIds = earlier.map(({ taskArn }) => taskArn);
      const message = 'The client token was used with other parameters';
      throw new ServiceFault(400, 'ConflictException', message, { resourceIds });
    }
    for (const task of wanted)
      if (!store.get(nameOf(task.taskArn))) runner.accept(nameOf(task.taskArn), task);
    return { tasks: wanted.map((task) => findTask(input.cluster, task.taskArn) ?? task), failures: [] };
  }

  const service = makeJsonService({
    RunTask: runTask,
    DescribeTasks(raw) {
      const { cluster, tasks } = parse(describeInput, raw);
      const missing = tasks.filter((reference) => !findTask(cluster, reference));
      return {
        tasks: tasks.flatMap((reference) => findTask(cluster, reference) ?? []),
        failures: missing.map((one) => ({ arn: taskArnOf(cluster, nameOf(one)), reason: 'MISSING' })),
      };
    },
    ListTasks(raw) {
      const { cluster, startedBy, desiredStatus, nextToken: from } = parse(listInput, raw);
      const clusterArn = requireCluster(cluster);
      const tasks = store.all().flatMap(({ task }) => (task.clusterArn === clusterArn ? [task] : []));
      const listed = tasks.filter(
        (task) =>
          task.desiredStatus === desiredStatus && (startedBy === undefined || task.startedBy === startedBy),
      );
      const to = from + listPage;
      return {
        taskArns: listed.slice(from, to).map(({ taskArn }) => taskArn),
        ...(listed.length > to && { nextToken: String(to) }),
      };
    },
    StopTask(raw) {
      const { cluster, task: reference, reason } = parse(stopInput, raw);
      const task = findTask(cluster, reference);
      if (task) return { task: runner.stop(nameOf(task.taskArn), reason) };
      throw new ServiceFault(400, 'InvalidParameterException', 'The referenced task was not found.');
    },
    ListClusters: () => ({ clusterArns: [...clusterArns] }),
    DescribeTaskDefinition(raw) {
      const { arn, family, taskRoleArn } = requireDefinition(parse(definitionInput, raw).taskDefinition);
      return {
        taskDefinition: { taskDefinitionArn: arn, family, revision: 1, status: 'ACTIVE', taskRoleArn },
      };
    },
  });
  return {
    handle: service.handle,
    addCluster(name) {
      clusterArns.add(clusterArnOf(name));
      return clusterArnOf(name);
    },
    addTaskDefinition(definition) {
      const arn = arnOf('ecs', `task-definition/${definition.family}:1`);
      definitions.set(arn, { ...definition, arn });
      return arn;
    },
    interrupt(taskArn) {
      const id = nameOf(taskArn);
      if (store.get(id)?.task.capacityProviderName !== 'FARGATE_SPOT')
        throw new Error(`${taskArn} is no task of Spot, and nobody else's are taken away`);
      runner.stop(id, 'Your Spot Task was interrupted.', 'SpotInterruption');
    },
    recover: () => runner.recover(),
    close: () => runner.close(),
  };
}

function requireContainer({ overrides }: RunTaskInput, { containerName }: TaskDefinition): void {
  const stranger = overrides.containerOverrides.find(({ name }) => name !== containerName);
  if (!stranger) return;
  const message = `Override for container named ${stranger.name} is not a container in the TaskDefinition.`;
  throw new ServiceFault(400, 'InvalidParameterException', message);
}

function makeTask(input: RunTaskInput, { arn, containerName }: TaskDefinition, index: number): EcsTask {
  const { cluster, clientToken, startedBy, enableExecuteCommand, overrides } = input;
  const capacityProviderName = input.capacityProviderStrategy?.[0].capacityProvider;
  const seed = clientToken === undefined ? randomUUID() : `${nameOf(cluster)} ${clientToken} ${index}`;
  const id = createHash('sha256').update(seed).digest('hex').slice(0, 32);
  return {
    taskArn: taskArnOf(cluster, id),
    clusterArn: clusterArnOf(cluster),
    taskDefinitionArn: arn,
    lastStatus: 'PENDING',
    desiredStatus: 'RUNNING',
    startedBy,
    launchType: 'FARGATE',
    ...(capacityProviderName && { capacityProviderName }),
    enableExecuteCommand,
    overrides,
    containers: [{ name: containerName, lastStatus: 'PENDING' }],
    // Apart, so that they keep their order over a restart.
    createdAt: (Date.now() + index) / 1000,
  };
}

/** What two calls under one client token must agree on. */
function contentOf(task: EcsTask | undefined): string {
  return JSON.stringify([
    task?.taskDefinitionArn,
    task?.startedBy,
    task?.overrides,
    task?.capacityProviderName,
    task?.enableExecuteCommand,
  ]);
}
