import type { IncomingMessage } from 'node:http';
import { AppError } from '#contracts/errors.ts';
import type { Posting, Receivers } from '#core/ports/webhooks.ts';
import { abortable } from './abortable.ts';
import { checkTarget, type TargetRules } from './check-target.ts';
import type { EgressOptions } from './make-egress.ts';
import { pinnedRequest } from './pinned-request.ts';
import { systemResolve } from './system-resolve.ts';
import { toAppError } from './to-app-error.ts';

/** From the look-up of the name to the answer's status. Source: Standard Webhooks 1.0.0 asks for 15 to 30 s. */
const timeoutMsDefault = 15_000;
/** What a receiver says besides its status is of no use; it may end its sentence, so that it sees no broken line. */
const drainedBytes = 65_536;
const drainMs = 2_000;

export type ReceiversOptions = Pick<EgressOptions, 'timeoutMs' | 'trusted' | 'resolve' | 'ca'>;

/**
 * Posts to addresses that users chose, and to nothing that only we can reach: the name is resolved once, all its
 * addresses are checked, and the connection is made to the address that was checked. A redirect is an answer.
 */
export function makeReceivers(options: ReceiversOptions = {}): Receivers {
  const { timeoutMs = timeoutMsDefault, trusted = [], resolve = systemResolve, ca } = options;
  return {
    async post(posting) {
      const timeout = AbortSignal.timeout(timeoutMs);
      try {
        return await postOnce(posting, { resolve, trusted }, { signal: timeout, ca });
      } catch (error) {
        if (timeout.aborted)
          throw new AppError('unavailable', `there was no answer within ${timeoutMs / 1_000} s`, {
            cause: error,
          });
        throw toAppError(error);
      }
    },
  };
}

async function postOnce(
  { url, headers, body }: Posting,
  rules: TargetRules,
  { signal, ca }: { signal: AbortSignal; ca: string | undefined },
): Promise<{ status: number }> {
  const target = await abortable(checkTarget(url, rules), signal);
  const response = await pinnedRequest(target, { signal, ca, method: 'POST', headers, body });
  const status = response.statusCode ?? 0;
  await drain(response);
  return { status };
}

/** The status is the answer; how the rest of it goes changes nothing. */
async function drain(response: IncomingMessage): Promise<void> {
  const timer = setTimeout(() => response.destroy(), drainMs);
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > drainedBytes) break;
    }
  } catch {
    // Cut off, by us or by the receiver, after it had said what counts.
  } finally {
    clearTimeout(timer);
    response.destroy();
  }
}
