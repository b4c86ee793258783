import { createHash, randomBytes } from 'node:crypto';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startHeartbeatThread } from '../lib/adapters/control/heartbeat-thread.ts';
import { makeHttpControlPlane } from '../lib/adapters/control/http-control-plane.ts';
import { makeHttpObjects } from '../lib/adapters/control/http-objects.ts';
import { makeLog } from '../lib/adapters/control/json-log.ts';
import { noteSecrets } from '../lib/adapters/control/note-secrets.ts';
import { systemTime } from '../lib/adapters/control/system-time.ts';
import { openModel } from '../lib/adapters/models/open-model.ts';
import {
  makeCredentials,
  readWorkerEnvironment,
  type WorkerEnvironment,
} from '../lib/adapters/worker-env.ts';
import type { StartReply } from '../lib/contracts/worker-protocol.ts';
import { requirePrice } from '../lib/core/money/price.ts';
import type { Egress } from '../lib/core/ports/egress.ts';
import type { Sandbox } from '../lib/core/ports/sandbox.ts';
import type { LogFields, WorkerPorts } from '../lib/core/ports/worker.ts';
import type { AttemptEnding } from '../lib/core/work/report-outcome.ts';
import { exitCodeOf, runAttempt } from '../lib/core/work/run-attempt.ts';
import { WorkerStop } from '../lib/core/work/worker-stop.ts';

// Bundled, the files lie side by side as .mjs; run from the sources, as .ts.
const fileEnding = import.meta.url.endsWith('.ts') ? 'ts' : 'mjs';
const heartbeatFile = new URL(`./heartbeat.${fileEnding}`, import.meta.url);
const helperFile = fileURLToPath(new URL(`./sandbox-helper.${fileEnding}`, import.meta.url));

async function main(): Promise<number> {
  const bootedAtMs = systemTime.nowMs();
  const environment = readWorkerEnvironment(process.env);
  const { jobId, attempt, ticket, traceparent } = environment;
  const instance = randomBytes(32).toString('hex');
  const secrets = [ticket];
  let modelUrl: string | undefined;
  const logFields = { job: jobId, attempt, traceId: traceparent?.split('-')[1] };
  const log = makeLog(logFields, secrets);
  process.on('uncaughtException', (error) => {
    // Node would print the error with all that hangs on it.
    log('error', 'the worker failed', { error: error.message });
    process.exit(1);
  });
  const stop = new WorkerStop(systemTime);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.request('interrupted'));

  const credentials = makeCredentials(environment.credentials);
  const ports: WorkerPorts = {
    control: noteSecrets(makeHttpControlPlane({ ...environment, credentials }), secrets),
    objects: makeHttpObjects(),
    time: systemTime,
    openModel: (credential, model, renew) =>
      openModel({ credential, entry: requirePrice(model), time: systemTime, renew }),
    openSandbox: () => openWorkspace(environment, modelUrl),
    egress: lazyEgress,
    sha256Hex: (bytes) => createHash('sha256').update(bytes).digest('hex'),
    log,
  };
  const onStarted = (started: StartReply, answeredAtMs: number) => {
    modelUrl = started.provider?.baseUrl;
    log('info', 'attempt started', { type: started.job.type, instance: instance.slice(0, 8) });
    const { heartbeatSeconds, leaseSeconds } = started;
    const session = { jobId, attempt, session: started.session };
    const terms = { session, heartbeatSeconds, leaseSeconds, answeredAtMs };
    startHeartbeatThread(heartbeatFile, { environment, terms, logFields }, stop, log);
  };
  const processedBy = `${hostname()}/${instance.slice(0, 8)}`;
  const ending = await runAttempt({ jobId, attempt, ticket, instance, processedBy }, ports, stop, onStarted);
  log(ending.kind === 'unreported' ? 'error' : 'info', 'attempt ended', describe(ending, bootedAtMs));
  return exitCodeOf(ending);
}

/** Loaded by those jobs only that have tools, which is why `echo` starts as fast as it does. */
async function openWorkspace(
  { sandbox, jobId, attempt }: WorkerEnvironment,
  modelUrl: string | undefined,
): Promise<Sandbox> {
  const { openSandbox } = await import('../lib/adapters/sandbox/open-sandbox.ts');
  const {
    uid,
    unsandboxedFor,
    folder = join(tmpdir(), `muster-${jobId}-${attempt}-${process.pid}`),
  } = sandbox;
  const identity = uid === undefined ? undefined : { uid, gid: uid };
  // The offline model's words are this repository's own.
  const isOffline = unsandboxedFor !== undefined && modelUrl === unsandboxedFor;
  return openSandbox({ folder, helperFile, identity, unsandboxed: sandbox.unsandboxed || isOffline });
}

const lazyEgress: Egress = {
  async get(url, signal) {
    const { makeEgress } = await import('../lib/adapters/egress/make-egress.ts');
    return makeEgress().get(url, signal);
  },
};

function describe(ending: AttemptEnding, bootedAtMs: number): LogFields {
  const milliseconds = systemTime.nowMs() - bootedAtMs;
  if (ending.kind !== 'unreported') return { milliseconds, ...ending };
  return { milliseconds, kind: ending.kind, code: ending.error.code, error: ending.error.message };
}

function logCrash(error: unknown): number {
  makeLog({})('error', 'the worker failed', {
    error: error instanceof Error ? error.message : String(error),
  });
  return 1;
}

process.exit(await main().catch(logCrash));
