import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type CallCount, CallCounter } from './calls.ts';
import { s3OperationOf } from './s3.ts';
import type { AwsRequest, AwsResponse, LocalPrincipal, LocalService } from './service.ts';
import { ServiceFault, toResponse } from './service-fault.ts';
import { readClaim, verifySignature } from './sigv4.ts';

/** Takes over a connection that is to become a WebSocket; its request has been verified. */
export type UpgradeHandler = (
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  principal: LocalPrincipal,
) => Promise<void>;

export type OpenHandler = (req: IncomingMessage, res: ServerResponse, body: Buffer) => Promise<void>;

export interface ServerOptions {
  /** 0 takes any free port. */
  port: number;
  /** By the service name of the SigV4 credential scope: `dynamodb`, `s3`, `execute-api` … May grow later. */
  services: Map<string, LocalService>;
  principals(accessKeyId: string): LocalPrincipal | undefined;
  /** Raw unsigned handlers by path prefix, for what cannot sign (the offline model). Browsers are still refused. */
  open?: Record<string, OpenHandler>;
  /** By the first part of the path. May grow later. */
  upgrades?: Map<string, UpgradeHandler>;
  /** Milliseconds since the epoch; default `Date.now`. */
  now?(): number;
}

export interface LocalServer {
  port: number;
  /** `http://127.0.0.1:<port>` */
  url: string;
  calls(): CallCount[];
  /** Drops open connections; the services are their owner's to close. */
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const KEEP_ALIVE_MS = 120_000;
const CALLS_PATH = '/_local/calls';
const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/** One loopback port that speaks for every service. Nothing unsigned passes, and nothing that a browser sent. */
export async function startServer(options: ServerOptions): Promise<LocalServer> {
  const counter = new CallCounter();
  const server = createServer((req, res) => {
    serve(req, res, options, counter).catch((error: unknown) => sendFailure(res, error));
  });
  server.on('upgrade', (req, socket, head) => {
    upgrade(req, socket, head, options, counter).catch((error: unknown) => refuseUpgrade(socket, error));
  });
  // Longer than any client keeps an idle connection: one that we close first can fail a client's next call.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, LOOPBACK, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://${LOOPBACK}:${port}`,
    calls: () => counter.list(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  req: IncomingMessage,
  res: ServerResponse,
  options: ServerOptions,
  counter: CallCounter,
): Promise<void> {
  if (isBrowser(req)) {
    req.resume();
    send(res, { status: 403, body: '{"message":"Browsers are refused by the local cloud"}' });
    return;
  }
  const body = await readBody(req);
  if (body === 'gone') return;
  if (body === 'too large') {
    res.setHeader('connection', 'close');
    send(res, { status: 413, body: `{"message":"Bodies end at ${MAX_BODY_BYTES} bytes"}` });
    return;
  }
  const rawUrl = req.url ?? '/';
  const open = Object.entries(options.open ?? {}).find(([prefix]) => isUnder(prefix, rawUrl));
  if (open) return open[1](req, res, body);
  send(res, await answer(req, rawUrl, body, options, counter));
}

/** A page in the user's browser can reach loopback, directly or through a name that points to it. */
function isBrowser({ headers }: IncomingMessage): boolean {
  return headers.origin !== undefined || !LOOPBACK_HOST.test(headers.host ?? '');
}

async function upgrade(
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: ServerOptions,
  counter: CallCounter,
): Promise<void> {
  // Whatever else goes wrong with it later is its handler's; until then nobody else would hear of it.
  socket.on('error', () => socket.destroy());
  if (isBrowser(req)) throw new ServiceFault(403, 'Forbidden', 'Browsers are refused by the local cloud');
  const [rawPath = '/', ...rest] = (req.url ?? '/').split('?');
  const handler = options.upgrades?.get(rawPath.split('/')[1] ?? '');
  const headers = flatten(req.headers);
  const parts = { method: 'GET', rawPath, rawQuery: rest.join('?'), headers, body: Buffer.alloc(0) };
  const claim = readClaim(parts);
  const nowMs = options.now?.() ?? Date.now();
  const principal = await verifySignature(claim, parts, { principals: options.principals, nowMs });
  if (!handler || claim.service !== 'execute-api')
    throw new ServiceFault(404, 'NotFound', `There is no WebSocket API at ${rawPath}`);
  counter.add(principal.label, claim.service, 'CONNECT');
  await handler(req, socket, head, principal);
}

/** Before the handshake a socket still speaks HTTP. */
function refuseUpgrade(socket: Duplex, error: unknown): void {
  if (!(error instanceof ServiceFault)) console.error('local cloud: a WebSocket failed', error);
  const status = error instanceof ServiceFault ? error.status : 500;
  refuseHandshake(socket, status);
}

export function refuseHandshake(socket: Duplex, status: number): void {
  const body = JSON.stringify({
    message: status === 403 ? 'Forbidden' : (STATUS_CODES[status] ?? 'Refused'),
  });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function isUnder(prefix: string, url: string): boolean {
  return url === prefix || url.startsWith(`${prefix}/`) || url.startsWith(`${prefix}?`);
}

function readBody(req: IncomingMessage): Promise<Buffer | 'gone' | 'too large'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      resolve('too large');
    });
    req.on('end', () => resolve(Buffer.concat(chunks)));
    req.on('error', () => resolve('gone'));
    req.on('close', () => resolve('gone'));
  });
}

async function answer(
  req: IncomingMessage,
  rawUrl: string,
  body: Buffer,
  options: ServerOptions,
  counter: CallCounter,
): Promise<AwsResponse> {
  const [rawPath = '/', ...rest] = rawUrl.split('?');
  const rawQuery = rest.join('?');
  const headers = flatten(req.headers);
  const method = req.method ?? 'GET';
  const parts = { method, rawPath, rawQuery, headers, body };
  let service = 'execute-api';
  try {
    const claim = readClaim(parts);
    service = claim.service;
    const nowMs = options.now?.() ?? Date.now();
    const principal = await verifySignature(claim, parts, { principals: options.principals, nowMs });
    if (service === 'execute-api' && rawPath === CALLS_PATH) return serveCalls(method, counter);
    const target = options.services.get(service);
    if (!target) throw new ServiceFault(501, 'NotImplemented', `The local cloud has no ${service}`);
    const query = new URLSearchParams(rawQuery);
    const call = { service, method, rawPath, query, headers, body, principal };
    const operation = readOperation(call);
    counter.add(principal.label, service, operation);
    return await target.handle({ ...call, operation });
  } catch (error) {
    if (error instanceof ServiceFault) return toResponse(error, service, headers);
    throw error;
  }
}

function flatten(headers: IncomingMessage['headers']): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(',') : (value ?? ''),
  ]);
  return Object.fromEntries(entries);
}

function readOperation(call: Omit<AwsRequest, 'operation'>): string {
  const { service, method, rawPath, headers, body } = call;
  if (service === 's3') return s3OperationOf(call);
  const target = headers['x-amz-target'];
  if (target !== undefined) return target.slice(target.lastIndexOf('.') + 1);
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
    return new URLSearchParams(body.toString('utf8')).get('Action') ?? 'unknown';
  // Ids in a path would make a row of every job, so only its first part counts.
  return `${method} /${rawPath.split('/')[1]}`;
}

function serveCalls(method: string, counter: CallCounter): AwsResponse {
  if (method !== 'GET' && method !== 'DELETE') return { status: 405, body: '{"message":"GET or DELETE"}' };
  const rows = counter.list();
  if (method === 'DELETE') counter.reset();
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(rows) };
}

function send(res: ServerResponse, response: AwsResponse): void {
  if (res.destroyed || res.writableEnded) return;
  const body = response.body ?? '';
  const headers: Record<string, string> = { 'x-amzn-requestid': randomUUID(), ...response.headers };
  // Only the answer to HEAD has a length that differs from its body's.
  if (res.req.method !== 'HEAD') headers['content-length'] = String(Buffer.byteLength(body));
  if (response.status === 204 || response.status === 304) delete headers['content-length'];
  res.writeHead(response.status, headers);
  res.end(body);
}

function sendFailure(res: ServerResponse, error: unknown): void {
  console.error('local cloud: a request failed', error);
  if (res.headersSent) res.destroy();
  else
    send(res, {
      status: 500,
      body: '{"__type":"InternalFailure","message":"See the local cloud\'s output"}',
    });
}
