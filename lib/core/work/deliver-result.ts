import { AppError } from '#contracts/errors.ts';
import { limits } from '#contracts/limits.ts';
import type { FinishRequest, Settlement } from '#contracts/worker-protocol.ts';
import { type StoredFile, storeFile } from './store-file.ts';
import { toUtf8 } from './utf8.ts';
import type { ResultDocument, WorkContext } from './work-outcome.ts';

/** How often a result is stored anew when what the control plane finds there is not what was announced. */
const storeTries = 3;

export interface Delivery {
  document: ResultDocument;
  settle?: Settlement | undefined;
  /** What is to be recorded once the result is stored. */
  outcome(result: StoredFile): FinishRequest['outcome'];
}

/**
 * Stores the result, and then records the outcome: never the other way round, so that a job whose row names a
 * result has one that can be read.
 */
export async function deliverResult(
  { document, settle, outcome }: Delivery,
  context: WorkContext,
  signal: AbortSignal,
): Promise<{ status: string }> {
  const body = toUtf8(JSON.stringify(document));
  if (body.length > limits.resultBytes) throw tooLarge(body.length);
  for (let tries = 1; ; tries += 1) {
    // The events that are left travel meanwhile: after `finish` they would be refused.
    const [result] = await Promise.all([
      storeFile('result.json', body, context, signal),
      context.events.close(),
    ]);
    await context.ports.passed?.('result.stored');
    try {
      const request = { ...context.session, ...(settle && { settle }), outcome: outcome(result) };
      return await context.control.finish(request, signal);
    } catch (error) {
      if (!isMismatch(error) || tries >= storeTries) throw error;
    }
  }
}

function isMismatch(error: unknown): boolean {
  return error instanceof AppError && error.code === 'result_mismatch';
}

function tooLarge(bytes: number): AppError {
  return new AppError(
    'payload_too_large',
    `The result has ${bytes} bytes; ${limits.resultBytes} are allowed`,
    {
      remedy: 'Ask for a shorter answer (maxTokens)',
    },
  );
}
