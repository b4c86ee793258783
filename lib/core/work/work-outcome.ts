import type { AppError } from '#contracts/errors.ts';
import type { AgentResult, ChatResult, CodeResult, EchoResult, ResearchResult } from '#contracts/job-view.ts';
import type { MeetingResult } from '#contracts/plan.ts';
import type { ActionReview, CycleReview } from '#contracts/review.ts';
import type { Settlement, StartReply, WorkerSession } from '#contracts/worker-protocol.ts';
import type { ControlPlane } from '../ports/control.ts';
import type { WorkerPorts } from '../ports/worker.ts';
import type { EventSink } from './event-sink.ts';

export type ResultDocument =
  | EchoResult
  | ChatResult
  | CodeResult
  | ResearchResult
  | AgentResult
  | MeetingResult
  | ActionReview
  | CycleReview;

/** What came out of the work. `settle` states what a model call has used, whatever became of it. */
export type WorkOutcome =
  | { kind: 'done'; document: ResultDocument; offline?: boolean; settle?: Settlement | undefined }
  | {
      kind: 'failed';
      error: AppError;
      settle?: Settlement | undefined;
      /** What there is all the same. */
      document?: ResultDocument;
      offline?: boolean;
    }
  /** All is recorded, and another attempt goes on from there. */
  | { kind: 'interrupted'; reason: string };

/** What a kind of job works with. */
export interface WorkContext {
  ports: WorkerPorts;
  /** Keeps trying, and stops the worker when it is fenced. */
  control: ControlPlane;
  session: WorkerSession;
  started: StartReply;
  provider: StartReply['provider'];
  events: EventSink;
  /** Aborts when the worker stops. */
  signal: AbortSignal;
  /** Aborts when nothing may be said any more, which is later than `signal` for a worker that is interrupted. */
  talk: AbortSignal;
  /** Where this runs, for people: host name and instance. */
  processedBy: string;
}
