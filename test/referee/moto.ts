import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/** The account that moto gives everybody. */
export const motoAccount = '123456789012';

export interface Moto {
  url: string;
  version: string;
  stop(): Promise<void>;
}

async function motoVersion(): Promise<string | undefined> {
  try {
    const program = 'import moto, moto.server; print(moto.__version__)';
    return (await promisify(execFile)('python3', ['-c', program])).stdout.trim();
  } catch {
    // No Python, no moto, or moto without its server: there is no referee.
    return undefined;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** An AWS that others have written; undefined where it is not installed. */
export async function startMoto(): Promise<Moto | undefined> {
  const version = await motoVersion();
  if (version === undefined) return undefined;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)];
  // Its interpreter of state machines calls back to this port.
  const env = { ...process.env, MOTO_PORT: String(port) };
  const child = spawn('python3', args, { stdio: ['ignore', 'ignore', 'pipe'], env });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-4_000);
  });
  for (let waits = 0; !(await answers(url)); waits++) {
    if (child.exitCode !== null || waits > 300) throw new Error(`moto did not start: ${said}`);
    await delay(100);
  }
  return {
    url,
    version,
    async stop() {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/moto-api/`).then(
    (response) => response.ok,
    () => false,
  );
}
