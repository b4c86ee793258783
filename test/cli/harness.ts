import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { threadsPerFunction } from '../../lib/local/lambda-pool.ts';
import { createOfflineModel } from '../../lib/local/offline-model/offline-model.ts';
import { chatScript, readScript } from '../../lib/local/offline-model/read-script.ts';
import { assemblyOf } from '../local/end-to-end/assembly.ts';

const root = join(import.meta.dirname, '../..');
const musterFile = join(root, 'bin/muster.ts');
export const demoFile = join(root, 'lib/cli/demo.ts');

type Variables = Record<string, string>;

export interface RunOptions {
  stdin?: string;
  env?: Variables;
  cwd?: string;
  /** Of `muster local`: from the stack's code, as users do, and not from an assembly that is kept. */
  synthesizes?: boolean;
  /** Asked again and again; the first time that it is true, SIGINT is sent. */
  interruptWhen?: () => boolean;
}

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Nothing of the machine that the tests run on: no keys, no AWS account, no metadata service to wait for. */
function environment(extra: Variables = {}): Variables {
  return { PATH: process.env.PATH ?? '', HOME: tmpdir(), AWS_EC2_METADATA_DISABLED: 'true', ...extra };
}

export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'muster-cli-'));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function start(file: string, args: readonly string[], { env, cwd = tmpdir() }: RunOptions): ChildProcess {
  return spawn(process.execPath, [file, ...args], { env: environment(env), cwd, stdio: 'pipe' });
}

function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  return said;
}

/** Runs a file to its end. */
export async function runFile(file: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = start(file, args, options);
  const said = collect(child);
  child.stdin?.end(options.stdin ?? '');
  const timer = setInterval(() => {
    if (!options.interruptWhen?.()) return;
    clearInterval(timer);
    child.kill('SIGINT');
  }, 20);
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(timer);
  return { code, ...said };
}

/** Runs one command line of `muster`, as a user's shell would. */
export function muster(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return runFile(musterFile, args, options);
}

export interface RunningMuster {
  pid: number;
  readyLine: string;
  dataDir: string;
  /** Sends the signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; milliseconds: number }>;
}

/** As `muster local` chooses them. */
function settingsOf(args: readonly string[]): object {
  const at = args.indexOf('--concurrency');
  const maxConcurrentWorkers = at < 0 ? availableParallelism() : Number(args[at + 1]);
  return { maxConcurrentWorkers, maxConcurrentFunctions: threadsPerFunction };
}

/** `muster local`, until it is ready. */
export async function startMuster(
  dataDir: string,
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<RunningMuster> {
  const isOwn = options.synthesizes || args.includes('--settings') || args.includes('--assembly');
  const assembly = isOwn ? [] : ['--assembly', await assemblyOf(settingsOf(args))];
  const child = start(musterFile, ['local', '--data', dataDir, '--port', '0', ...assembly, ...args], options);
  const said = collect(child);
  const closed = once(child, 'close') as Promise<[number | null]>;
  const isReady = async () => {
    while (!said.stdout.includes('\n')) await once(child.stdout ?? child, 'data');
  };
  await Promise.race([isReady(), closed]);
  if (!said.stdout.includes('\n')) throw new Error(`muster local ended: ${said.stderr}`);
  return {
    pid: child.pid ?? 0,
    readyLine: said.stdout.trimEnd(),
    dataDir,
    async stop(signal = 'SIGTERM') {
      const startedMs = performance.now();
      child.kill(signal);
      const [code] = await closed;
      return { code, milliseconds: performance.now() - startedMs };
    },
  };
}

export interface RecordedCall {
  headers: IncomingHttpHeaders;
  body: { model?: string; system?: unknown; max_tokens?: number; messages?: unknown };
}

/** A provider that keeps what it was asked, with the offline model's words. */
export async function startProvider() {
  const answer = createOfflineModel({ script: await readScript(chatScript), deltaMs: 0 });
  const calls: RecordedCall[] = [];
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    calls.push({ headers: req.headers, body: JSON.parse(body.toString('utf8')) as RecordedCall['body'] });
    await answer(req, res, body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
