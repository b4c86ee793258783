import { availableParallelism } from 'node:os';
import { childEnvironment } from '#adapters/env.ts';
import type { CallCount } from './calls.ts';
import { type Closers, makeClosers } from './closers.ts';
import { type LocalCredentials, makePrincipals } from './credentials.ts';
import type { Ecs } from './ecs.ts';
import type { Lambda } from './lambda.ts';
import { acquireDataLock } from './lock.ts';
import { type CloudContext, sessionArn } from './resource-context.ts';
import { createResources } from './resources.ts';
import type { Rules } from './rules.ts';
import { type OpenHandler, startServer } from './server.ts';
import type { LocalService } from './service.ts';
import { startServices } from './services.ts';
import { readTemplate } from './template.ts';
import { closeToWorkers, makeMayCall } from './worker-border.ts';

/** How CDK composes an HTTP API's address. */
const apiAddress = /https:\/\/[a-z0-9]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com/g;

export interface LocalCloudOptions {
  /** The output of `cdk synth`, with one stack. */
  assemblyDir: string;
  /** Everything that lasts is in here; one cloud at a time. */
  dataDir: string;
  /** Default 0: any free port. */
  port?: number;
  /** ECS tasks at once. Default: the machine's cores. */
  concurrency?: number;
  /** Values of the template's secrets, by logical id or name. */
  secrets?: Record<string, string> | ((secret: { logicalId: string; name: string }) => string | undefined);
  region?: string;
  accountId?: string;
  log?(line: string): void;
  /** Raw unsigned handlers by path prefix. */
  open?: Record<string, OpenHandler>;
  /** Added to every function's environment. */
  environment?: Record<string, string>;
  /** `PATH` of functions and tasks. Default: that of this process. */
  path?: string;
  /** Every schedule's period, for tests. */
  ruleTickMs?: number;
  /** Labels, besides `worker`, whose key opens `/worker/*` and nothing else: logical ids of functions. */
  workerLabels?: string[];
}

export interface LocalCloud {
  url: string;
  port: number;
  region: string;
  accountId: string;
  outputs: Record<string, string>;
  clientCredentials: LocalCredentials;
  workerCredentials: LocalCredentials;
  calls(): CallCount[];
  ecs: Ecs;
  lambda: Lambda;
  rules: Rules;
  close(): Promise<void>;
}

function secretLookup(secrets: LocalCloudOptions['secrets'] = {}): CloudContext['secretValue'] {
  if (typeof secrets === 'function') return (logicalId, name) => secrets({ logicalId, name });
  return (logicalId, name) => secrets[logicalId] ?? secrets[name];
}

/** Runs a synthesized stack on this machine, behind one loopback port. */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const closers = makeClosers();
  try {
    return await start(options, closers);
  } catch (error) {
    // The first failure is the one to report; what cannot be closed after it adds nothing.
    await closers.closeAll().catch(() => undefined);
    throw error;
  }
}

async function start(options: LocalCloudOptions, closers: Closers): Promise<LocalCloud> {
  const { dataDir, region = 'us-east-1', accountId = '000000000000', log = () => undefined } = options;
  closers.add(acquireDataLock(dataDir));
  const principals = makePrincipals();
  const clientCredentials = principals.issue('client', `arn:aws:iam::${accountId}:user/local`);
  const registry = new Map<string, LocalService>();
  const server = await startServer({
    port: options.port ?? 0,
    services: registry,
    principals: (accessKeyId) => principals.find(accessKeyId),
    ...(options.open === undefined ? {} : { open: options.open }),
  });
  closers.add(() => server.close());
  const workerLabels = new Set(['worker', ...(options.workerLabels ?? [])]);
  const place = { region, accountId, log };
  const concurrency = options.concurrency ?? availableParallelism();
  const services = await startServices(
    { ...place, dataDir, concurrency, ruleTickMs: options.ruleTickMs, port: () => server.port },
    registry,
    closers,
  );
  // Only now: the template's queues and environments hold our address, and the port was free to choose.
  const template = readTemplate({
    assemblyDir: options.assemblyDir,
    region,
    accountId,
    rewrite: (text) => text.replace(apiAddress, server.url),
  });
  const { apis, eventSources, workerRoleArns } = await createResources({
    ...place,
    ...services,
    template,
    principals,
    url: server.url,
    apis: new Map(),
    integrations: new Map(),
    eventSources: [],
    workerRoleArns: [],
    mayCall: makeMayCall(workerLabels),
    secretValue: secretLookup(options.secrets),
    functionEnvironment: options.environment ?? {},
    path: options.path ?? childEnvironment({}).PATH ?? '',
  });
  for (const [name, service] of registry) registry.set(name, closeToWorkers(service, workerLabels));
  for (const api of apis.values()) registry.set('execute-api', api);
  const outputs = template.outputs();
  const workerRole = workerRoleArns[0] ?? `arn:aws:iam::${accountId}:role/worker`;
  const workerCredentials = principals.issue('worker', sessionArn(workerRole, 'local'));

  closers.add(services.quiesce);
  for (const source of eventSources) services.poll(source);
  services.rules.start();
  await services.ecs.recover();
  const { ecs, lambda, rules } = services;
  const { url, port } = server;
  const calls = (): CallCount[] => server.calls();
  const close = (): Promise<void> => closers.closeAll();
  return {
    url,
    port,
    region,
    accountId,
    outputs,
    clientCredentials,
    workerCredentials,
    calls,
    ecs,
    lambda,
    rules,
    close,
  };
}
