import { AppError } from '#contracts/errors.ts';
import { limits } from '#contracts/limits.ts';
import type { ControlPlane } from '../ports/control.ts';
import { persist } from './fenced-control.ts';
import { toUtf8 } from './utf8.ts';
import type { WorkContext, WorkOutcome } from './work-outcome.ts';

type Done = Extract<WorkOutcome, { kind: 'done' }>;

/** How often a result is stored anew when what the control plane finds there is not what was announced. */
const storeTries = 3;

export interface StoredResult {
  sha256: string;
  bytes: number;
}

/**
 * Stores the result, and then records the outcome: never the other way round, so that a job which says
 * SUCCEEDED has a result that can be read.
 */
export async function deliverResult(
  done: Done,
  context: WorkContext,
  signal: AbortSignal,
): Promise<{ status: string }> {
  const body = toUtf8(JSON.stringify(done.document));
  if (body.length > limits.resultBytes) throw tooLarge(body.length);
  const result = { sha256: context.ports.sha256Hex(body), bytes: body.length };
  const outcome = { kind: 'succeeded' as const, result, ...(done.offline && { offline: true }) };
  const settle = done.settle && { settle: done.settle };
  for (let tries = 1; ; tries += 1) {
    // The events that are left travel meanwhile: after `finish` they would be refused.
    await Promise.all([storeResult(body, result, context, signal), context.events.close()]);
    try {
      return await context.control.finish({ ...context.session, ...settle, outcome }, signal);
    } catch (error) {
      if (!isMismatch(error) || tries >= storeTries) throw error;
    }
  }
}

/** Addresses live for minutes, so each try asks for a new one. */
function storeResult(
  body: Uint8Array,
  result: StoredResult,
  context: WorkContext,
  signal: AbortSignal,
): Promise<void> {
  const { control, ports, session } = context;
  return persist(() => storeOnce(body, result, control, session, ports.objects.put, signal), {
    signal,
    time: ports.time,
    log: ports.log,
    what: 'storing the result',
  });
}

async function storeOnce(
  body: Uint8Array,
  result: StoredResult,
  control: ControlPlane,
  session: WorkContext['session'],
  put: WorkContext['ports']['objects']['put'],
  signal: AbortSignal,
): Promise<void> {
  const { files } = await control.uploads(
    { ...session, files: [{ name: 'result.json', ...result }] },
    signal,
  );
  const target = files.find((file) => file.name === 'result.json');
  if (!target)
    throw new AppError('internal', 'The control plane gave no address for result.json', { retryable: false });
  await put(target, body, signal);
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
