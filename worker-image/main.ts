import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { startHeartbeatThread } from '../lib/adapters/control/heartbeat-thread.ts';
import { makeHttpControlPlane } from '../lib/adapters/control/http-control-plane.ts';
import { makeHttpObjects } from '../lib/adapters/control/http-objects.ts';
import { makeLog } from '../lib/adapters/control/json-log.ts';
import { systemTime } from '../lib/adapters/control/system-time.ts';
import { makeCredentials, readWorkerEnvironment } from '../lib/adapters/worker-env.ts';
import type { StartReply } from '../lib/contracts/worker-protocol.ts';
import type { LogFields, WorkerPorts } from '../lib/core/ports/worker.ts';
import { type AttemptEnding, exitCodeOf, runAttempt } from '../lib/core/work/run-attempt.ts';
import { WorkerStop } from '../lib/core/work/worker-stop.ts';

// Bundled, both files lie side by side as .mjs; run from the sources, as .ts.
const heartbeatFile = new URL(
  import.meta.url.endsWith('.ts') ? './heartbeat.ts' : './heartbeat.mjs',
  import.meta.url,
);

async function main(): Promise<number> {
  const bootedAtMs = systemTime.nowMs();
  const environment = readWorkerEnvironment(process.env);
  const { jobId, attempt, ticket, traceparent } = environment;
  const instance = randomBytes(32).toString('hex');
  const secrets = [ticket];
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
    control: makeHttpControlPlane({ ...environment, credentials }),
    objects: makeHttpObjects(),
    time: systemTime,
    openModel: async (provider) => {
      const { makeAnthropicModel } = await import('../lib/adapters/models/anthropic.ts');
      return makeAnthropicModel(provider, systemTime);
    },
    sha256Hex: (bytes) => createHash('sha256').update(bytes).digest('hex'),
    log,
  };
  const onStarted = (started: StartReply, answeredAtMs: number) => {
    secrets.push(started.session, ...(started.provider ? [started.provider.apiKey] : []));
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
