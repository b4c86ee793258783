import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiTarget } from '#adapters/client/find-api.ts';
import { signedFetch } from '#adapters/control/sigv4.ts';

interface LocalFile {
  apiUrl: string;
  wsUrl: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

export interface BenchCloud {
  /** As clients find it. */
  target: ApiTarget;
  call(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  close(): Promise<void>;
}

/** `muster local` as a user starts it: a process of its own, so that measuring does not slow what is measured. */
export async function startBenchCloud(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<BenchCloud> {
  const data = mkdtempSync(join(tmpdir(), 'muster-bench-'));
  const child = spawn(process.execPath, ['bin/muster.ts', 'local', '--port', '0', '--data', data, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`muster local ended with ${code}`)));
    child.stdout.on('data', () => {
      if (readLocalFile(data)) resolve();
    });
  });
  const local = readLocalFile(data);
  if (!local) throw new Error('muster local wrote no local.json');
  return {
    target: toTarget(local),
    call: (method, path, body) => call(local, method, path, body),
    close: async () => {
      child.removeAllListeners('exit');
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
      rmSync(data, { recursive: true, force: true });
    },
  };
}

function readLocalFile(data: string): LocalFile | undefined {
  try {
    return JSON.parse(readFileSync(join(data, 'local.json'), 'utf8')) as LocalFile;
  } catch {
    // Not written yet: the caller looks again at the next line of output.
    return undefined;
  }
}

function toTarget(local: LocalFile): ApiTarget {
  return {
    kind: 'local',
    url: local.apiUrl,
    region: local.region,
    foundBy: 'the bench',
    offlineModel: true,
    credentials: async () => local,
    streamUrl: async () => local.wsUrl,
    outputs: async () => ({}),
  };
}

async function call(local: LocalFile, method: string, path: string, body?: unknown) {
  const response = await signedFetch({
    url: `${local.apiUrl}${path}`,
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: { 'content-type': 'application/json' },
    credentials: local,
    region: local.region,
    service: 'execute-api',
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
