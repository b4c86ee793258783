import type { EventEmitter } from 'node:events';
import { AppError } from '#contracts/errors.ts';

/** Where a command speaks, and what is to happen when it cannot. */
export interface Outlet {
  streams: readonly EventEmitter[];
  end(): void;
  fail(error: AppError): void;
}

/**
 * `muster job list | head -1` closes our stdout: there is nobody left to tell, and that is no fault. A full disk behind
 * it is one, for what was asked for is not there.
 */
export function onReaderGone({ streams, end, fail }: Outlet): void {
  for (const stream of streams) {
    stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      if (code === 'EPIPE') return end();
      const what = `the answer could not be written: ${message}`;
      fail(new AppError('internal', what, { retryable: false }));
    });
  }
}
