import type { AppError } from '#contracts/errors.ts';
import type { FinishRequest, Settlement } from '#contracts/worker-protocol.ts';
import { deliverResult } from './deliver-result.ts';
import { isFence } from './fenced-control.ts';
import type { StoredFile } from './store-file.ts';
import { toAppError } from './to-app-error.ts';
import type { WorkContext, WorkOutcome } from './work-outcome.ts';
import type { WorkerStop, WorkerStopCause } from './worker-stop.ts';

/**
 * How an attempt ended, as its worker knows it: the outcome is recorded; or the worker stopped without one,
 * because it had to or because the attempt is not its own any more; or it could not report what happened.
 */
export type AttemptEnding =
  | { kind: 'reported'; outcome: FinishRequest['outcome']['kind']; status: string }
  | { kind: 'stopped'; cause: WorkerStopCause }
  | { kind: 'unreported'; error: AppError };

/** Says what became of the attempt, unless nothing may be said any more. */
export async function reportOutcome(
  outcome: WorkOutcome,
  context: WorkContext,
  stop: WorkerStop,
): Promise<AttemptEnding> {
  if (stop.talk.aborted && stop.cause) return { kind: 'stopped', cause: stop.cause };
  if (outcome.kind === 'interrupted') return conclude({ ...outcome }, undefined, context, stop);
  if (outcome.kind === 'failed' && (!outcome.document || stop.cause)) return finish(outcome, context, stop);
  try {
    return await deliver(outcome, context, stop);
  } catch (error) {
    if (stop.talk.aborted || isFence(error)) throw error;
    return finish({ kind: 'failed', error: toAppError(error), settle: outcome.settle }, context, stop);
  }
}

async function deliver(
  given: Extract<WorkOutcome, { kind: 'done' | 'failed' }>,
  context: WorkContext,
  stop: WorkerStop,
): Promise<AttemptEnding> {
  const { document, settle } = given;
  if (!document) throw new Error('There is nothing to deliver');
  const offline = given.offline === true && { offline: true };
  const failed = given.kind === 'failed' ? toFailedOutcome(given.error) : undefined;
  const outcome = (result: StoredFile): FinishRequest['outcome'] =>
    failed ? { ...failed, result, ...offline } : { kind: 'succeeded', result, ...offline };
  const { status } = await deliverResult({ document, settle, outcome }, context, stop.talk);
  return { kind: 'reported', outcome: failed ? 'failed' : 'succeeded', status };
}

function finish(
  { error, settle }: Extract<WorkOutcome, { kind: 'failed' }>,
  context: WorkContext,
  stop: WorkerStop,
): Promise<AttemptEnding> {
  const outcome = stop.cause === 'interrupted' ? interrupted : toFailedOutcome(error);
  return conclude(outcome, settle, context, stop);
}

async function conclude(
  outcome: FinishRequest['outcome'],
  settle: Settlement | undefined,
  { control, events, session }: WorkContext,
  stop: WorkerStop,
): Promise<AttemptEnding> {
  await events.close();
  const { status } = await control.finish({ ...session, ...(settle && { settle }), outcome }, stop.talk);
  return { kind: 'reported', outcome: outcome.kind, status };
}

const interrupted = { kind: 'interrupted', reason: 'The machine is being taken away (SIGTERM)' } as const;

function toFailedOutcome({ code, message, remedy, retryable }: AppError) {
  const fault = {
    code,
    message: message.slice(0, 4_000),
    ...(remedy && { remedy: remedy.slice(0, 1_000) }),
    retryable,
  };
  return { kind: 'failed', error: fault } as const;
}
