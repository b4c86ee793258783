import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod';
import {
  type EcsTask,
  type RunTaskInput,
  runTaskInput,
  type StoredTask,
  type TaskDefinition,
} from './ecs-model.ts';
import type { TaskRunner } from './ecs-runner.ts';
import type { TaskStore } from './ecs-store.ts';
import { type JsonOperation, ServiceFault } from './json-service.ts';

export interface EcsState {
  store: TaskStore;
  runner: TaskRunner;
  /** By name. */
  clusters: Set<string>;
  /** By ARN. */
  definitions: Map<string, TaskDefinition>;
  /** `arn:aws:ecs:<region>:<account>:` and this. */
  arn(resource: string): string;
  nextSequence(): number;
}

type Operation = (state: EcsState, input: unknown) => unknown;

const cluster = z.string().default('default');
const listInput = z.looseObject({
  cluster,
  startedBy: z.string().optional(),
  desiredStatus: z.enum(['RUNNING', 'STOPPED', 'PENDING']).default('RUNNING'),
  family: z.string().optional(),
  maxResults: z.number().int().min(1).max(100).default(100),
  nextToken: z.string().optional(),
});
const describeInput = z.looseObject({
  cluster,
  tasks: z.array(z.string()).max(100),
  include: z.array(z.string()).default([]),
});
const stopInput = z.looseObject({
  cluster,
  task: z.string(),
  reason: z.string().default('Task stopped by user'),
});
const clustersInput = z.looseObject({ clusters: z.array(z.string()).default(['default']) });
const definitionInput = z.looseObject({ taskDefinition: z.string() });

function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new ServiceFault('InvalidParameterException', z.prettifyError(parsed.error));
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The last part of an ARN, or the name itself. */
const nameOf = (reference: string): string => reference.split('/').at(-1) ?? '';

/** The same text for the same parameters, in whatever order a client writes them. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function requireCluster(state: EcsState, reference: string): string {
  const name = nameOf(reference);
  if (!state.clusters.has(name)) throw new ServiceFault('ClusterNotFoundException', 'Cluster not found.');
  return name;
}

function requireDefinition(state: EcsState, reference: string): TaskDefinition {
  const name = nameOf(reference);
  const found = state.definitions.get(
    state.arn(`task-definition/${name.includes(':') ? name : `${name}:1`}`),
  );
  if (!found) throw new ServiceFault('ClientException', `TaskDefinition not found: ${reference}`);
  return found;
}

function findTask(state: EcsState, reference: string, clusterName: string): StoredTask | undefined {
  const stored = state.store.get(nameOf(reference));
  return stored && nameOf(stored.task.clusterArn) === clusterName ? stored : undefined;
}

function makeTask(state: EcsState, input: RunTaskInput, id: string, definition: TaskDefinition): EcsTask {
  const clusterName = nameOf(input.cluster);
  const taskArn = state.arn(`task/${clusterName}/${id}`);
  const { name, image } = definition.container;
  const { cpu = definition.cpu, memory = definition.memory } = input.overrides;
  const capacityProviderName = input.capacityProviderStrategy?.[0]?.capacityProvider;
  return {
    taskArn,
    clusterArn: state.arn(`cluster/${clusterName}`),
    taskDefinitionArn: definition.arn,
    group: input.group ?? `family:${definition.family}`,
    lastStatus: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    version: 1,
    cpu: String(cpu),
    memory: String(memory),
    launchType: input.launchType ?? 'FARGATE',
    ...(capacityProviderName === undefined ? {} : { capacityProviderName }),
    platformVersion: '1.4.0',
    ...(input.startedBy === undefined ? {} : { startedBy: input.startedBy }),
    tags: input.tags ?? [],
    overrides: input.overrides,
    containers: [
      { containerArn: state.arn(`container/${randomUUID()}`), taskArn, name, image, lastStatus: 'PENDING' },
    ],
    attachments: [],
    createdAt: Date.now() / 1000,
  };
}

function requireOverridesFit({ overrides }: RunTaskInput, { container }: TaskDefinition): void {
  const stranger = overrides.containerOverrides?.find(({ name }) => name !== container.name);
  if (!stranger) return;
  const message = `Override for container named ${stranger.name} is not a container in the TaskDefinition.`;
  throw new ServiceFault('InvalidParameterException', message);
}

/** One client token, one set of parameters; the refusal names the tasks that the token already has. */
function requireSameInput(state: EcsState, first: StoredTask | undefined, inputHash: string): void {
  if (!first || first.inputHash === inputHash) return;
  const earlier = state.store.all().filter(({ clientToken, task }) => {
    return clientToken === first.clientToken && task.clusterArn === first.task.clusterArn;
  });
  throw new ServiceFault('ConflictException', 'The client token was used with other parameters', 400, {
    resourceIds: earlier.map(({ task }) => task.taskArn),
  });
}

const runTask: Operation = (state, raw) => {
  const input = parse(runTaskInput, raw);
  const definition = requireDefinition(state, input.taskDefinition);
  const clusterName = requireCluster(state, input.cluster);
  requireOverridesFit(input, definition);
  const { clientToken, ...parameters } = input;
  const inputHash = sha256(canonical(parameters));
  // Ids derived from the token make a repeated call find what the first one made, even half of it.
  const ids = Array.from({ length: input.count }, (_, index) =>
    clientToken === undefined
      ? randomUUID().replaceAll('-', '')
      : sha256(`${clusterName} ${clientToken} ${index}`).slice(0, 32),
  );
  requireSameInput(state, state.store.get(ids[0] ?? ''), inputHash);
  const tasks = ids.map((id) => {
    const known = state.store.get(id);
    if (known) return known.task;
    const task = makeTask(state, input, id, definition);
    const token = clientToken === undefined ? {} : { clientToken };
    state.runner.accept({ id, task, sequence: state.nextSequence(), inputHash, ...token });
    return task;
  });
  return { tasks, failures: [] };
};

const describeTasks: Operation = (state, raw) => {
  const input = parse(describeInput, raw);
  const clusterName = requireCluster(state, input.cluster);
  const found = input.tasks.map((reference) => ({
    reference,
    stored: findTask(state, reference, clusterName),
  }));
  const withTags = input.include.includes('TAGS');
  const tasks = found.flatMap(({ stored }) => (stored ? [stored.task] : []));
  const missing = found.filter(({ stored }) => !stored).map(({ reference }) => nameOf(reference));
  return {
    tasks: tasks.map((task) => (withTags ? task : { ...task, tags: [] })),
    failures: missing.map((id) => ({ arn: state.arn(`task/${clusterName}/${id}`), reason: 'MISSING' })),
  };
};

const listTasks: Operation = (state, raw) => {
  const input = parse(listInput, raw);
  const clusterArn = state.arn(`cluster/${requireCluster(state, input.cluster)}`);
  const familyOf = (task: EcsTask): string | undefined => nameOf(task.taskDefinitionArn).split(':')[0];
  const arns = state.store
    .all()
    .map(({ task }) => task)
    .filter((task) => task.clusterArn === clusterArn && task.desiredStatus === input.desiredStatus)
    .filter((task) => input.startedBy === undefined || task.startedBy === input.startedBy)
    .filter((task) => input.family === undefined || familyOf(task) === input.family)
    .map((task) => task.taskArn);
  const from = Number(input.nextToken ?? 0);
  const to = from + input.maxResults;
  return { taskArns: arns.slice(from, to), ...(to < arns.length ? { nextToken: String(to) } : {}) };
};

const stopTask: Operation = (state, raw) => {
  const input = parse(stopInput, raw);
  const stored = findTask(state, input.task, requireCluster(state, input.cluster));
  if (!stored) throw new ServiceFault('InvalidParameterException', 'The referenced task was not found.');
  return { task: state.runner.stop(stored, input.reason).task };
};

const describeClusters: Operation = (state, raw) => {
  const names = parse(clustersInput, raw).clusters.map(nameOf);
  const describe = (clusterName: string): Record<string, unknown> => {
    const clusterArn = state.arn(`cluster/${clusterName}`);
    const statuses = state.store
      .all()
      .flatMap(({ task }) => (task.clusterArn === clusterArn ? [task.lastStatus] : []));
    const runningTasksCount = statuses.filter((status) => status === 'RUNNING').length;
    const pendingTasksCount = statuses.filter(
      (status) => status === 'PENDING' || status === 'PROVISIONING',
    ).length;
    return { clusterArn, clusterName, status: 'ACTIVE', runningTasksCount, pendingTasksCount };
  };
  const missing = names.filter((name) => !state.clusters.has(name));
  return {
    clusters: names.filter((name) => state.clusters.has(name)).map(describe),
    failures: missing.map((name) => ({ arn: state.arn(`cluster/${name}`), reason: 'MISSING' })),
  };
};

const describeTaskDefinition: Operation = (state, raw) => {
  const { container, ...found } = requireDefinition(state, parse(definitionInput, raw).taskDefinition);
  const { name, image, entryPoint, command, stopTimeoutSeconds: stopTimeout } = container;
  const environment = Object.entries(container.environment).map(([key, value]) => ({ name: key, value }));
  const taskDefinition = {
    taskDefinitionArn: found.arn,
    family: found.family,
    revision: 1,
    status: 'ACTIVE',
    cpu: found.cpu,
    memory: found.memory,
    taskRoleArn: found.taskRoleArn,
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    containerDefinitions: [{ name, image, essential: true, entryPoint, command, environment, stopTimeout }],
  };
  return { taskDefinition };
};

const operations: Record<string, Operation> = {
  RunTask: runTask,
  DescribeTasks: describeTasks,
  ListTasks: listTasks,
  StopTask: stopTask,
  ListClusters: (state) => ({ clusterArns: [...state.clusters].map((name) => state.arn(`cluster/${name}`)) }),
  DescribeClusters: describeClusters,
  ListTaskDefinitions: (state) => ({ taskDefinitionArns: [...state.definitions.keys()] }),
  DescribeTaskDefinition: describeTaskDefinition,
};

export function ecsOperations(state: EcsState): Record<string, JsonOperation> {
  const entries = Object.entries(operations).map(([name, operation]): [string, JsonOperation] => [
    name,
    (input) => operation(state, input),
  ]);
  return Object.fromEntries(entries);
}
