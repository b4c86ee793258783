import { AppError } from '#contracts/errors.ts';
import { jobInput } from '#contracts/job-input.ts';
import { protocolVersion, type StartReply } from '#contracts/worker-protocol.ts';
import type { ControlPlane } from '../ports/control.ts';
import type { WorkerPorts } from '../ports/worker.ts';
import { runChat } from './chat.ts';
import { runCode } from './code.ts';
import { startDeadline } from './deadline.ts';
import { runEcho } from './echo.ts';
import { EventSink } from './event-sink.ts';
import { isFence, makeFencedControl, persist } from './fenced-control.ts';
import { type AttemptEnding, reportOutcome } from './report-outcome.ts';
import { toAppError } from './to-app-error.ts';
import type { WorkContext, WorkOutcome } from './work-outcome.ts';
import type { WorkerStop } from './worker-stop.ts';

/** How long a worker tries to start; then the control plane has given the attempt up anyhow. */
export const startPatienceMs = 120_000;

/** Which attempt of which job, as the container was told. */
export interface Assignment {
  jobId: string;
  attempt: number;
  ticket: string;
  /** Chosen at boot, 64 hexadecimal digits; binds the attempt to this process. */
  instance: string;
  processedBy: string;
}

/** 0 where all is said or somebody else has the attempt, 1 where the worker could not report. */
export function exitCodeOf(ending: AttemptEnding): 0 | 1 {
  if (ending.kind === 'unreported') return 1;
  return ending.kind === 'stopped' && ending.cause === 'lease_ending' ? 1 : 0;
}

/**
 * One attempt from start to finish. Never throws. `onStarted` gets the session before any work is done, and
 * when (in milliseconds since 1970) the call that was answered was sent: from then on somebody has to keep the
 * lease.
 */
export async function runAttempt(
  assignment: Assignment,
  ports: WorkerPorts,
  stop: WorkerStop,
  onStarted: (started: StartReply, sentAtMs: number) => void,
): Promise<AttemptEnding> {
  const control = makeFencedControl(ports.control, stop, ports.time, ports.log);
  try {
    const { started, sentAtMs } = await start(assignment, ports, stop);
    onStarted(started, sentAtMs);
    const limit = startDeadline(ports.time, started.remainingMs, () => stop.request('time_up'));
    try {
      return await perform(assignment, started, control, ports, stop);
    } finally {
      limit.cancel();
    }
  } catch (error) {
    if (stop.cause !== undefined) return { kind: 'stopped', cause: stop.cause };
    return { kind: 'unreported', error: toAppError(error) };
  }
}

async function start(
  { jobId, attempt, ticket, instance }: Assignment,
  { control, time, log }: WorkerPorts,
  stop: WorkerStop,
): Promise<{ started: StartReply; sentAtMs: number }> {
  const patience = startDeadline(time, startPatienceMs);
  const signal = AbortSignal.any([stop.work, patience.signal]);
  const startOnce = async () => {
    const sentAtMs = time.nowMs();
    return {
      started: await control.start({ protocolVersion, jobId, attempt, ticket, instance }, signal),
      sentAtMs,
    };
  };
  try {
    return await persist(startOnce, { signal, time, log, what: 'start' });
  } catch (error) {
    if (isFence(error)) stop.request('fenced');
    throw error;
  } finally {
    patience.cancel();
  }
}

async function perform(
  assignment: Assignment,
  started: StartReply,
  control: ControlPlane,
  ports: WorkerPorts,
  stop: WorkerStop,
): Promise<AttemptEnding> {
  const session = { jobId: assignment.jobId, attempt: assignment.attempt, session: started.session };
  const events = new EventSink({
    send: (firstSeq, batch, signal) => control.events({ ...session, firstSeq, events: batch }, signal),
    time: ports.time,
    log: ports.log,
    signal: stop.talk,
  });
  const { provider } = started;
  const { processedBy } = assignment;
  const signals = { signal: stop.work, talk: stop.talk };
  const context = { ports, control, session, started, provider, events, ...signals, processedBy };
  const outcome = await work(started, context).catch(toFailure);
  return reportOutcome(outcome, context, stop);
}

async function work(started: StartReply, context: WorkContext): Promise<WorkOutcome> {
  const input = await fetchInput(started.input, context);
  switch (input.type) {
    case 'echo':
      return runEcho(input.payload, context);
    case 'chat':
      return runChat(input.payload, context);
    case 'code':
      return runCode(input.payload, context);
    // What only they need is loaded when it is needed: every other job starts a third faster.
    case 'research':
      return (await import('./research.ts')).runResearch(input.payload, context);
    case 'agent':
    case 'action':
      return (await import('./run-agent.ts')).runAgent(input.payload, context);
    case 'meeting':
      return (await import('./meeting/run-meeting.ts')).runMeeting(input.payload, context);
    case 'review':
      return (await import('./review/run-review.ts')).runReview(input.payload, context);
    default:
      return input satisfies never;
  }
}

async function fetchInput(input: StartReply['input'], { ports, signal }: WorkContext) {
  const { objects, sha256Hex, time, log } = ports;
  const options = { signal, time, log, what: 'reading the input' };
  const bytes = await persist(() => objects.get(input.url, signal), options);
  const sha256 = sha256Hex(bytes);
  if (sha256 !== input.sha256) {
    throw new AppError('worker_error', `The input's SHA-256 is ${sha256}; the job names ${input.sha256}`);
  }
  const parsed = jobInput.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  if (parsed.success) return parsed.data;
  throw new AppError('invalid_request', 'The input is of a shape that this worker does not know', {
    cause: parsed.error,
    remedy: 'Deploy again, so that worker image and control plane are of one version',
  });
}

function toFailure(error: unknown): WorkOutcome {
  return { kind: 'failed', error: toAppError(error) };
}
