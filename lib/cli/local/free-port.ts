import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { AppError } from '#contracts/errors.ts';

/** Where the local cloud is unless somebody else is there already. */
export const usualPort = 4610;

/**
 * A port that nobody listens on. Known before the cloud starts, because the offline model's address, which
 * holds it, goes into the secret that the cloud starts with.
 *
 * @throws AppError `unavailable` if the wanted one is taken or may not be used
 */
export async function freePort(wanted: number | undefined): Promise<number> {
  if (wanted === undefined) return (await tryPort(usualPort)).port ?? (await freePort(0));
  const { port, code } = await tryPort(wanted);
  if (port !== undefined) return port;
  const why = code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be used (${code})`;
  throw new AppError('unavailable', `port ${wanted} ${why}`, {
    retryable: false,
    remedy: 'choose another with --port N, or leave --port out',
  });
}

function tryPort(port: number): Promise<{ port?: number; code?: string }> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve({ code: error.code ?? error.message }));
    server.listen(port, '127.0.0.1', () => {
      const taken = (server.address() as AddressInfo).port;
      server.close(() => resolve({ port: taken }));
    });
  });
}
