import { createHash, randomBytes } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { makeHttpControlPlane } from '#adapters/control/http-control-plane.ts';
import { makeHttpObjects } from '#adapters/control/http-objects.ts';
import { makeLog } from '#adapters/control/json-log.ts';
import { noteSecrets } from '#adapters/control/note-secrets.ts';
import { systemTime } from '#adapters/control/system-time.ts';
import { childEnvironment } from '#adapters/env.ts';
import { openModel } from '#adapters/models/open-model.ts';
import { makeCredentials, readWorkerEnvironment } from '#adapters/worker-env.ts';
import { type FunctionCall, functionCall, sliceMarginMs } from '#contracts/function-call.ts';
import { workerEnvironment } from '#contracts/worker-environment.ts';
import type { FinishRequest, StartReply, WorkerSession } from '#contracts/worker-protocol.ts';
import { requirePrice } from '#core/money/price.ts';
import type { ControlPlane } from '#core/ports/control.ts';
import type { Egress } from '#core/ports/egress.ts';
import type { WorkerLog, WorkerPorts } from '#core/ports/worker.ts';
import { startDeadline } from '#core/work/deadline.ts';
import { keepLease, type LeaseTerms } from '#core/work/keep-lease.ts';
import type { AttemptEnding } from '#core/work/report-outcome.ts';
import { runAttempt } from '#core/work/run-attempt.ts';
import { WorkerStop } from '#core/work/worker-stop.ts';

/** How long a worker that is told to end tries to say that it has. Then its timeout has to prove it. */
const acknowledgePatienceMs = 5_000;
export const sliceOver = 'time slice';

/** The worker has ended, and the control plane does not know it yet. */
type Unsaid = Exclude<AttemptEnding, { kind: 'reported' }>;

/** A worker without a sandbox: one attempt of one job, or a slice of it that ends before the function's timeout. */
export async function handler(event: unknown, context: Context): Promise<void> {
  const call = functionCall.parse(event);
  const secrets = [call.ticket];
  const log = logOf(call, context, secrets);
  const stop = new WorkerStop(systemTime);
  const instance = randomBytes(32).toString('hex');
  const over = new AbortController();
  const remainingMs = context.getRemainingTimeInMillis();
  const marginMs = sliceMarginMs(remainingMs / 1_000);
  const sliceRemainingMs = () => Math.max(0, context.getRemainingTimeInMillis() - marginMs);
  const ports = { ...makePorts(call, log, stop, secrets), sliceRemainingMs };
  const slice = startDeadline(systemTime, sliceRemainingMs(), () => stop.request('interrupted'));
  let session: WorkerSession | undefined;
  const onStarted = (started: StartReply, answeredAtMs: number) => {
    log('info', 'attempt started', { type: started.job.type, instance: instance.slice(0, 8) });
    session = { jobId: call.jobId, attempt: call.attempt, session: started.session };
    const { heartbeatSeconds, leaseSeconds } = started;
    keepLeaseHere({ session, heartbeatSeconds, leaseSeconds, answeredAtMs }, ports, stop, over.signal);
  };
  const processedBy = `${context.functionName}/${instance.slice(0, 8)}`;
  const ending = await runAttempt({ ...call, instance, processedBy }, ports, stop, onStarted);
  slice.cancel();
  over.abort();
  if (session && ending.kind !== 'reported') await acknowledge(session, ending, ports);
  log(ending.kind === 'unreported' ? 'error' : 'info', 'attempt ended', describe(ending));
}

function logOf(call: FunctionCall, context: Context, secrets: string[]): WorkerLog {
  const { jobId: job, attempt, traceparent } = call;
  const base = { job, attempt, traceId: traceparent.split('-')[1], invocation: context.awsRequestId };
  // Not past the stream, as in a container: in the local cloud functions share one process.
  return makeLog(base, secrets, (line) => void process.stdout.write(line));
}

function makePorts(call: FunctionCall, log: WorkerLog, stop: WorkerStop, secrets: string[]): WorkerPorts {
  const environment = readWorkerEnvironment(
    childEnvironment({
      [workerEnvironment.jobId]: call.jobId,
      [workerEnvironment.attempt]: String(call.attempt),
      [workerEnvironment.ticket]: call.ticket,
      [workerEnvironment.traceparent]: call.traceparent,
    }),
  );
  const credentials = makeCredentials(environment.credentials);
  return {
    control: sayWhy(noteSecrets(makeHttpControlPlane({ ...environment, credentials }), secrets), stop),
    objects: makeHttpObjects(),
    time: systemTime,
    openModel: (credential, model, renew) =>
      openModel({ credential, entry: requirePrice(model), time: systemTime, renew }),
    egress: lazyEgress,
    sha256Hex: (bytes) => createHash('sha256').update(bytes).digest('hex'),
    log,
  };
}

/** Loaded by those jobs only that fetch something. */
const lazyEgress: Egress = {
  async get(url, signal) {
    const { makeEgress } = await import('#adapters/egress/make-egress.ts');
    return makeEgress().get(url, signal);
  },
};

/** Nothing but the end of its slice interrupts a worker here. */
function sayWhy(control: ControlPlane, stop: WorkerStop): ControlPlane {
  return {
    ...control,
    finish: (request, signal) =>
      control.finish(
        request.outcome.kind === 'interrupted' && stop.cause === 'interrupted'
          ? { ...request, outcome: { kind: 'interrupted', reason: sliceOver } }
          : request,
        signal,
      ),
  };
}

/** On this very thread: a worker without tools that compute only waits for answers, so nothing holds it up. */
function keepLeaseHere(terms: LeaseTerms, ports: WorkerPorts, stop: WorkerStop, over: AbortSignal): void {
  keepLease(terms, ports, over).then(
    (loss) => {
      ports.log('warn', 'the lease is not kept any longer', { cause: loss });
      stop.request(loss);
    },
    () => {
      if (!over.aborted) stop.request('lease_ending');
    },
  );
}

/**
 * Nobody can ask Lambda whether this call is over, so the worker says it: nothing of it runs any more. Best effort:
 * unheard, the function's timeout is the proof, which only takes longer.
 */
async function acknowledge(session: WorkerSession, ending: Unsaid, ports: WorkerPorts): Promise<void> {
  const outcome = lastWord(ending);
  try {
    await ports.control.finish({ ...session, outcome }, AbortSignal.timeout(acknowledgePatienceMs));
  } catch (error) {
    ports.log('warn', 'the end was not acknowledged', { error: String(error) });
  }
}

/** A worker that could not report has failed, like a container that ends without a word. */
function lastWord(ending: Unsaid): FinishRequest['outcome'] {
  if (ending.kind === 'stopped')
    return { kind: 'interrupted', reason: `the worker has stopped (${ending.cause})` };
  const message = `the worker could not report: ${ending.error.message}`.slice(0, 4_000);
  return { kind: 'failed', error: { code: 'worker_lost', message, retryable: true } };
}

function describe(ending: AttemptEnding) {
  if (ending.kind !== 'unreported') return { ...ending };
  return { kind: ending.kind, code: ending.error.code, error: ending.error.message };
}
