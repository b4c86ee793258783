import { availableParallelism } from 'node:os';
import { childEnvironment } from '#adapters/env.ts';
import type { CallCount } from './calls.ts';
import { startCostExplorer } from './cost-explorer.ts';
import { type LocalCredentials, makePrincipals } from './credentials.ts';
import type { Lambda } from './lambda.ts';
import { acquireDataLock } from './lock.ts';
import { accountId, region } from './place.ts';
import { type CloudContext, sessionArn } from './resource-context.ts';
import { createResources } from './resources.ts';
import type { Rules } from './rules.ts';
import { type OpenHandler, startServer, type UpgradeHandler } from './server.ts';
import type { LocalService } from './service.ts';
import { type Services, startServices } from './services.ts';
import { makeSts, type StsOptions } from './sts.ts';
import { readTemplate } from './template.ts';
import type { SocketLimits, WebSocketApi } from './websocket-api.ts';
import { closeToWorkers, workerLabel } from './worker-border.ts';

/** How CDK composes the addresses of APIs. */
const apiAddress = /(https|wss):\/\/[a-z0-9]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com/g;

export interface LocalCloudOptions {
  /** The output of `cdk synth`, with one stack. */
  assemblyDir: string;
  /** Everything that lasts is in here; one cloud at a time. */
  dataDir: string;
  /** Default 0: any free port. */
  port?: number;
  /** ECS tasks at once. Default: the machine's cores. */
  concurrency?: number;
  /** Values of the template's secrets, over those that are stored and those in the template. */
  secrets?(secret: { name: string }): string | undefined;
  /** Raw unsigned handlers by path prefix. */
  open?: Record<string, OpenHandler>;
  /** Added to every function's environment. */
  environment?: Record<string, string>;
  /** Added to every task's environment. */
  taskEnvironment?: Record<string, string>;
  /** Logical ids of functions whose key opens `/worker/*` and nothing else, as a task's does. */
  workerLabels?: readonly string[];
  /** For tests: how long an assumed role lasts, instead of what was asked for, and who hears of it. */
  roles?: StsOptions;
  /** For tests: how long WebSockets live, and how much they take, instead of what API Gateway allows. */
  socketLimits?: Partial<SocketLimits>;
  /** Every schedule's period, for tests. */
  ruleTickMs?: number;
  /** For tests: how far the clock of CloudWatch is ahead, so that nobody waits for an alarm's periods. */
  metricsAheadMs?(): number;
}

export interface LocalCloud {
  url: string;
  region: string;
  outputs: Record<string, string>;
  clientCredentials: LocalCredentials;
  workerCredentials: LocalCredentials;
  calls(): CallCount[];
  lambda: Lambda;
  rules: Rules;
  /** Takes a running task away as AWS does with Fargate Spot: what it says, its signals and its events. */
  interruptTask(taskArn: string): void;
  /** Of the stack's WebSocket API. */
  sockets: WebSocketApi | undefined;
  close(): Promise<void>;
}

/** Runs a synthesized stack on this machine, behind one loopback port. */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const closing = new AsyncDisposableStack();
  try {
    return await start(options, closing);
  } catch (error) {
    // The first failure is the one to report; what cannot be closed after it adds nothing.
    await closing.disposeAsync().catch(() => undefined);
    throw error;
  }
}

async function start(options: LocalCloudOptions, closing: AsyncDisposableStack): Promise<LocalCloud> {
  const { assemblyDir, dataDir, concurrency = availableParallelism(), open = {} } = options;
  const { ruleTickMs, metricsAheadMs } = options;
  closing.defer(acquireDataLock(dataDir));
  const principals = makePrincipals();
  const clientCredentials = principals.issue('client', `arn:aws:iam::${accountId}:user/local`);
  const registry = new Map<string, LocalService>();
  const upgrades = new Map<string, UpgradeHandler>();
  const server = await startServer({
    port: options.port ?? 0,
    services: registry,
    upgrades,
    principals: principals.find,
    open,
  });
  closing.defer(() => server.close());
  const { url, port } = server;
  const services = await startServices({ dataDir, concurrency, ruleTickMs, metricsAheadMs, port }, closing);
  register(registry, services, makeSts(options.roles));
  // Only now: the template's queues and environments hold our address, and the port was free to choose.
  const rewrite = (text: string): string =>
    text.replace(apiAddress, (_, scheme) => (scheme === 'wss' ? url.replace('http:', 'ws:') : url));
  const template = readTemplate({ assemblyDir, region, accountId, rewrite });
  const context: CloudContext = {
    ...services,
    template,
    principals,
    url,
    api: undefined,
    sockets: undefined,
    socketLimits: options.socketLimits,
    taskRoleArn: undefined,
    pollers: [],
    secretValue: (name) => options.secrets?.({ name }),
    functionEnvironment: options.environment ?? {},
    taskEnvironment: options.taskEnvironment ?? {},
    workerFunctions: options.workerLabels ?? [],
    path: childEnvironment({}).PATH ?? '',
  };
  await createResources(context);
  const { api, sockets, taskRoleArn = '', pollers } = context;
  if (api) registry.set('execute-api', withConnections(api, sockets));
  if (sockets) {
    upgrades.set(sockets.stage, sockets.upgrade);
    closing.defer(() => sockets.close());
  }
  // Before everything else ends; batches in hand end with their functions.
  closing.defer(() => {
    services.rules.close();
    for (const poller of pollers) poller.stop();
  });
  services.rules.start();
  await services.ecs.recover();
  services.stepFunctions.recover();
  return {
    url,
    region,
    outputs: template.outputs(),
    clientCredentials,
    workerCredentials: principals.issue(workerLabel, sessionArn(taskRoleArn, 'local'), true),
    calls: () => server.calls(),
    lambda: services.lambda,
    rules: services.rules,
    interruptTask: (taskArn) => services.ecs.interrupt(taskArn),
    sockets,
    close: () => closing.disposeAsync(),
  };
}

/** Both APIs answer to one name; the stage tells which is meant. */
function withConnections(api: LocalService, sockets: WebSocketApi | undefined): LocalService {
  if (!sockets) return api;
  const prefix = `/${sockets.stage}/@connections/`;
  return {
    handle: (request) =>
      request.rawPath.replaceAll('%40', '@').startsWith(prefix)
        ? sockets.handle(request)
        : api.handle(request),
  };
}

/** Under the names that requests are signed for. */
function register(registry: Map<string, LocalService>, services: Services, sts: LocalService): void {
  const { dynamo, s3, secrets, cloudWatch, logs, messaging, ecs, lambda, stepFunctions } = services;
  const byName = {
    dynamodb: dynamo,
    s3,
    secretsmanager: secrets,
    monitoring: cloudWatch,
    ce: startCostExplorer(),
    logs,
    sqs: messaging.sqs,
    sns: messaging.sns,
    ecs,
    lambda,
    states: stepFunctions,
    sts,
  };
  for (const [name, service] of Object.entries(byName)) registry.set(name, closeToWorkers(service));
}
