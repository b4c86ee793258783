import type {
  ArtifactsReply,
  ArtifactsRequest,
  CredentialsReply,
  CredentialsRequest,
  EventsReply,
  EventsRequest,
  FinishRequest,
  HeartbeatReply,
  NotesReply,
  NotesRequest,
  StartReply,
  StartRequest,
  TurnReply,
  TurnRequest,
  WorkerSession,
  WorkerUploadsReply,
  WorkerUploadsRequest,
} from '#contracts/worker-protocol.ts';

/**
 * The control plane as a worker sees it: one method per call of the worker protocol, one try each.
 *
 * Every method throws an `AppError`: `retryable` ones may be sent again as they are (each call is repeatable);
 * `stale_attempt`, `other_instance`, `job_stopping`, `forbidden` and `unauthenticated` mean that the attempt
 * belongs to somebody else or to nobody, and the worker ends without another word. When `signal` aborts, the
 * call throws the signal's reason.
 */
export interface ControlPlane {
  start(request: StartRequest, signal: AbortSignal): Promise<StartReply>;
  heartbeat(request: WorkerSession, signal: AbortSignal): Promise<HeartbeatReply>;
  turn(request: TurnRequest, signal: AbortSignal): Promise<TurnReply>;
  events(request: EventsRequest, signal: AbortSignal): Promise<EventsReply>;
  uploads(request: WorkerUploadsRequest, signal: AbortSignal): Promise<WorkerUploadsReply>;
  artifacts(request: ArtifactsRequest, signal: AbortSignal): Promise<ArtifactsReply>;
  notes(request: NotesRequest, signal: AbortSignal): Promise<NotesReply>;
  credentials(request: CredentialsRequest, signal: AbortSignal): Promise<CredentialsReply>;
  finish(request: FinishRequest, signal: AbortSignal): Promise<{ status: string }>;
}
