import { Worker } from 'node:worker_threads';
import type { LogFields, WorkerLog } from '#core/ports/worker.ts';
import type { LeaseLoss, LeaseTerms } from '#core/work/keep-lease.ts';
import type { WorkerStop } from '#core/work/worker-stop.ts';
import type { WorkerEnvironment } from '../worker-env.ts';

/** What the heartbeat thread is given when it starts. */
export interface HeartbeatTask {
  environment: Pick<WorkerEnvironment, 'apiUrl' | 'region' | 'credentials' | 'traceparent'>;
  terms: LeaseTerms;
  logFields: LogFields;
}

/**
 * Starts the thread that keeps the lease. It stops the worker when the lease is lost, and also when it dies
 * itself: a worker without heartbeats is a zombie in the making.
 */
export function startHeartbeatThread(file: URL, task: HeartbeatTask, stop: WorkerStop, log: WorkerLog): void {
  // The environment holds the ticket and keys, and the thread has all it needs in its task.
  const thread = new Worker(file, { workerData: task, env: {}, name: 'heartbeat' });
  let answered = false;
  thread.on('message', (loss: LeaseLoss) => {
    answered = true;
    thread.postMessage('heard');
    log('warn', 'the lease is not kept any longer', { cause: loss });
    stop.request(loss);
  });
  thread.on('error', (error) => log('error', 'the heartbeat thread failed', { error: error.message }));
  thread.on('exit', () => {
    if (!answered) stop.request('lease_ending');
  });
  // The attempt decides when the process ends, not its heartbeat.
  thread.unref();
}
