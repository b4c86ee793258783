import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readClaim, verifySignature } from '../../lib/local/sigv4.ts';

export const workerKey = { accessKeyId: 'AKIAWORKER', secretAccessKey: 'worker-secret-canary' };
export const session = '5e'.repeat(32);

export interface Recorded {
  name: string;
  body: Record<string, unknown>;
  atMs: number;
}

export interface Answer {
  status: number;
  body: unknown;
  contentType?: string;
}

export interface ControlPlaneServerOptions {
  /** The job's input document. */
  input: unknown;
  heartbeatSeconds?: number;
  leaseSeconds?: number;
  remainingMs?: number;
  provider?: { name: 'anthropic'; apiKey: string; baseUrl?: string };
  /** Answers a call of its own; undefined leaves it to the default, `hang` never answers. */
  answer?(
    name: string,
    body: Record<string, unknown>,
    calls: readonly Recorded[],
  ): Answer | 'hang' | undefined;
}

export interface ControlPlaneServer {
  url: string;
  calls: Recorded[];
  of(name: string): Record<string, unknown>[];
  /** Objects that were stored, by name. */
  stored: Map<string, string>;
  /** Resolves when a call of this name has come, or has come before. */
  called(name: string): Promise<void>;
  close(): Promise<void>;
}

/** A small control plane over HTTP that refuses what is not signed with the worker's key. */
export async function startControlPlaneServer(
  options: ControlPlaneServerOptions,
): Promise<ControlPlaneServer> {
  const calls: Recorded[] = [];
  const stored = new Map<string, string>();
  const waiting: { name: string; resolve: () => void }[] = [];
  const input = JSON.stringify(options.input);

  function defaults(name: string, body: Record<string, unknown>): Answer {
    if (name === 'start') return { status: 200, body: startReply(url, input, options, body) };
    if (name === 'heartbeat') return ok({ stop: false, leaseSeconds: options.leaseSeconds ?? 180 });
    if (name === 'turn') return ok({ reservedMicroUsd: 1, spentMicroUsd: 0 });
    if (name === 'uploads') return ok({ files: targets(url, body) });
    if (name === 'finish') return ok({ status: 'SUCCEEDED' });
    return ok({});
  }

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await readBody(req);
    const path = req.url ?? '/';
    if (path === '/input') return void res.end(input);
    if (path.startsWith('/objects/')) {
      stored.set(path.slice('/objects/'.length), body.toString());
      return void res.end();
    }
    const refusal = await checkSignature(req, path, body);
    if (refusal) return send(res, { status: 403, body: { message: refusal } });
    const name = path.replace('/worker/', '');
    const document = JSON.parse(body.toString());
    calls.push({ name, body: document, atMs: Date.now() });
    for (const waiter of waiting) if (waiter.name === name) waiter.resolve();
    const answer = options.answer?.(name, document, calls) ?? defaults(name, document);
    if (answer !== 'hang') send(res, answer);
  }

  const server = createServer((req, res) => void serve(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    calls,
    stored,
    of: (name) => calls.filter((call) => call.name === name).map((call) => call.body),
    called: (name) =>
      new Promise((resolve) => {
        if (calls.some((call) => call.name === name)) resolve();
        else waiting.push({ name, resolve });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function problem(status: number, code: string, retryable = false): Answer {
  const body = { type: 'about:blank', title: code, status, detail: `This is ${code}`, code, retryable };
  return { status, body, contentType: 'application/problem+json' };
}

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

function startReply(
  url: string,
  input: string,
  options: ControlPlaneServerOptions,
  body: Record<string, unknown>,
) {
  const type = (options.input as { type: string }).type;
  return {
    session,
    job: { id: body.jobId, type, project: 'default', attempt: body.attempt, traceparent: '00-aa-bb-01' },
    input: { url: `${url}/input`, sha256: createHash('sha256').update(input).digest('hex') },
    heartbeatSeconds: options.heartbeatSeconds ?? 30,
    leaseSeconds: options.leaseSeconds ?? 180,
    remainingMs: options.remainingMs ?? 60_000,
    ...(options.provider && { provider: options.provider }),
  };
}

function targets(url: string, body: Record<string, unknown>) {
  const files = body.files as { name: string; sha256: string }[];
  return files.map(({ name, sha256 }) => ({
    name,
    sha256,
    url: `${url}/objects/${name}`,
    headers: { 'if-none-match': '*' },
    expiresAt: '2026-11-20T10:00:00.000Z',
  }));
}

async function checkSignature(req: IncomingMessage, path: string, body: Buffer): Promise<string | undefined> {
  const headers = Object.fromEntries(Object.entries(req.headers).map(([k, v]) => [k, String(v)]));
  const principal = { ...workerKey, arn: 'arn:aws:sts::000000000000:assumed-role/worker/w', label: 'worker' };
  const parts = { method: req.method ?? 'GET', rawPath: path, rawQuery: '', headers, body };
  const principals = (id: string) => (id === workerKey.accessKeyId ? principal : undefined);
  try {
    const claim = readClaim(parts);
    await verifySignature(claim, parts, { principals, nowMs: Date.now() });
    return claim.service === 'execute-api' ? undefined : `signed for ${claim.service}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function send(res: ServerResponse, { status, body, contentType = 'application/json' }: Answer): void {
  res.writeHead(status, { 'content-type': contentType });
  res.end(JSON.stringify(body));
}

async function readBody(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk);
  return Buffer.concat(chunks);
}
