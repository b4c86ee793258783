import type { AppError } from '#contracts/errors.ts';
import type { ChatResult, EchoResult } from '#contracts/job-view.ts';
import type { Settlement, StartReply, WorkerSession } from '#contracts/worker-protocol.ts';
import type { ControlPlane } from '../ports/control.ts';
import type { WorkerPorts } from '../ports/worker.ts';
import type { EventSink } from './event-sink.ts';

/** What came out of the work. `settle` states what a model call has used, whatever became of it. */
export type WorkOutcome =
  | { kind: 'done'; document: EchoResult | ChatResult; offline?: boolean; settle?: Settlement }
  | { kind: 'failed'; error: AppError; settle?: Settlement | undefined };

/** What a kind of job works with. */
export interface WorkContext {
  ports: WorkerPorts;
  /** Keeps trying, and stops the worker when it is fenced. */
  control: ControlPlane;
  session: WorkerSession;
  provider: StartReply['provider'];
  events: EventSink;
  /** Aborts when the worker stops. */
  signal: AbortSignal;
  /** Where this runs, for people: host name and instance. */
  processedBy: string;
}
