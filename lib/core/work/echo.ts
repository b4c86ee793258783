import type { EchoPayload } from '#contracts/job-request.ts';
import type { WorkContext, WorkOutcome } from './work-outcome.ts';

/** Says back what it was told, after `delaySeconds`. */
export async function runEcho(payload: EchoPayload, context: WorkContext): Promise<WorkOutcome> {
  const { time } = context.ports;
  if (payload.delaySeconds > 0) await time.sleep(payload.delaySeconds * 1_000, context.signal);
  const processedAt = toIso(time.nowMs());
  return {
    kind: 'done',
    document: { message: payload.message, processedBy: context.processedBy, processedAt },
  };
}

/** A given instant as text is no clock; the clock is a port. */
function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
