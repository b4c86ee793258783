import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { FrameMeter } from './frame-meter.ts';
import { isObject, type Json, type JsonObject, parseJson } from './json.ts';
import type { InvokeOutcome } from './lambda-protocol.ts';
import { accountId } from './place.ts';
import { refuseHandshake } from './server.ts';
import type { AwsRequest, AwsResponse, LocalPrincipal, LocalService } from './service.ts';
import { ServiceFault } from './service-fault.ts';

/** Of API Gateway. Source: its quotas for WebSocket APIs. */
const defaultLimits = {
  connectionMs: 2 * 3_600_000,
  idleMs: 600_000,
  frameBytes: 32 * 1024,
  messageBytes: 128 * 1024,
};
export type SocketLimits = typeof defaultLimits;

/** What API Gateway closes connections with. */
const closings = {
  goingAway: 1001,
  unsupported: 1003,
  tooBig: 1009,
} as const;

export interface WebSocketApiOptions {
  apiId: string;
  domainName: string;
  limits?: Partial<SocketLimits> | undefined;
  invoke(functionArn: string, event: Json): Promise<InvokeOutcome>;
}

export interface WebSocketApi extends LocalService {
  readonly apiId: string;
  /** The first part of its paths. */
  readonly stage: string;
  setStage(name: string): void;
  /** `$connect`, `$disconnect` or `$default`. Throws for others. */
  addRoute(routeKey: string, functionArn: string): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, principal: LocalPrincipal): Promise<void>;
  /** Ends every connection without a word, as a network does. For tests. */
  cut(): number;
  close(): void;
}

interface Connection {
  id: string;
  socket: WebSocket;
  wire: Duplex;
  principal: LocalPrincipal;
  connectedAtMs: number;
  lastActiveAtMs: number;
  idle: NodeJS.Timeout | undefined;
}

type RouteKey = '$connect' | '$disconnect' | '$default';
const eventTypes = { $connect: 'CONNECT', $disconnect: 'DISCONNECT', $default: 'MESSAGE' } as const;

/** An API Gateway WebSocket API whose messages all go to `$default`, and its `@connections`. */
export function makeWebSocketApi(options: WebSocketApiOptions): WebSocketApi {
  const limits = { ...defaultLimits, ...options.limits };
  const routes = new Map<RouteKey, string>();
  let stage = '';
  const connections = new Map<string, Connection>();
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limits.messageBytes,
    // API Gateway compresses nothing; and a frame's length is then that of its content.
    perMessageDeflate: false,
  });

  async function call(routeKey: RouteKey, at: EventOf): Promise<InvokeOutcome | undefined> {
    const functionArn = routes.get(routeKey);
    return functionArn === undefined
      ? undefined
      : options.invoke(functionArn, toEvent(routeKey, at, { ...options, stage }));
  }

  async function upgrade(request: IncomingMessage, wire: Duplex, head: Buffer, principal: LocalPrincipal) {
    if (principal.isWorker) return refuseHandshake(wire, 403);
    const id = randomBytes(11).toString('base64');
    const at = {
      id,
      principal,
      connectedAtMs: Date.now(),
      headers: request.headers as Record<string, string>,
    };
    const status = statusOf(await call('$connect', at));
    if (status < 200 || status > 299) return refuseHandshake(wire, status);
    // Gone meanwhile: whoever was told that it came has to be told that it went.
    if (!wire.writable) return void (await call('$disconnect', at));
    server.handleUpgrade(request, wire, head, (socket) => accept({ ...at, socket, wire }, head));
  }

  function accept(
    { id, principal, connectedAtMs, socket, wire }: Omit<Connection, 'lastActiveAtMs' | 'idle'>,
    head: Buffer,
  ) {
    const connection: Connection = {
      id,
      principal,
      connectedAtMs,
      socket,
      wire,
      lastActiveAtMs: Date.now(),
      idle: undefined,
    };
    connections.set(id, connection);
    const over = setTimeout(
      () => socket.close(closings.goingAway, 'Going away'),
      limits.connectionMs,
    ).unref();
    touch(connection);
    watchFrames(connection, head);
    // Too long a message: the library closes it itself, with 1009.
    socket.on('error', () => undefined);
    socket.on('message', (data, isBinary) => hear(connection, String(data), isBinary));
    socket.on('close', () => {
      clearTimeout(over);
      clearTimeout(connection.idle);
      connections.delete(id);
      void call('$disconnect', connection).catch(() => undefined);
    });
  }

  function touch(connection: Connection): void {
    connection.lastActiveAtMs = Date.now();
    clearTimeout(connection.idle);
    const end = () => connection.socket.close(closings.goingAway, 'Going away');
    connection.idle = setTimeout(end, limits.idleMs).unref();
  }

  function watchFrames({ socket, wire }: Connection, head: Buffer): void {
    const meter = new FrameMeter();
    const feed = (chunk: Buffer) => {
      if (meter.feed(chunk) > limits.frameBytes) socket.close(closings.tooBig, 'Message too big');
    };
    feed(head);
    wire.on('data', feed);
  }

  function hear(connection: Connection, body: string, isBinary: boolean): void {
    const { socket } = connection;
    if (socket.readyState !== socket.OPEN) return;
    if (isBinary) {
      socket.close(closings.unsupported, 'Binary is not supported');
      return;
    }
    touch(connection);
    void answer(connection, body);
  }

  /** A function's answer goes nowhere, as no route has a response; its failure is told. */
  async function answer(connection: Connection, body: string): Promise<void> {
    const requestId = randomUUID();
    const outcome = await call('$default', { ...connection, body });
    if (outcome?.ok || connection.socket.readyState !== connection.socket.OPEN) return;
    const message = { message: 'Internal server error', connectionId: connection.id, requestId };
    connection.socket.send(JSON.stringify(message));
  }

  /** `@connections`: POST sends, GET tells about, DELETE ends. */
  async function handle({ method, rawPath, body, principal }: AwsRequest): Promise<AwsResponse> {
    if (principal.isWorker) throw new ServiceFault(403, 'ForbiddenException', 'Forbidden');
    const id = idIn(rawPath);
    const connection = connections.get(id);
    if (!connection || connection.socket.readyState !== connection.socket.OPEN)
      throw new ServiceFault(410, 'GoneException', '');
    if (method === 'POST') return send(connection, body);
    if (method === 'DELETE') {
      connection.socket.close(closings.goingAway, 'Going away');
      return { status: 204 };
    }
    if (method !== 'GET') throw new ServiceFault(403, 'ForbiddenException', 'Forbidden');
    return describe(connection);
  }

  async function send(connection: Connection, body: Buffer): Promise<AwsResponse> {
    if (body.length > limits.messageBytes)
      throw new ServiceFault(413, 'PayloadTooLargeException', 'Message too big');
    touch(connection);
    await new Promise<void>((resolve, reject) => {
      connection.socket.send(body.toString('utf8'), (error) => (error ? reject(error) : resolve()));
    }).catch(() => {
      throw new ServiceFault(410, 'GoneException', '');
    });
    return { status: 200 };
  }

  return {
    apiId: options.apiId,
    get stage() {
      return stage;
    },
    setStage: (name) => {
      stage = name;
    },
    handle,
    upgrade,
    addRoute(routeKey, functionArn) {
      if (!Object.hasOwn(eventTypes, routeKey)) throw new Error(`the route ${routeKey} is not handled`);
      routes.set(routeKey as RouteKey, functionArn);
    },
    cut() {
      const all = [...connections.values()];
      for (const { socket } of all) socket.terminate();
      return all.length;
    },
    close() {
      for (const { socket } of connections.values()) socket.terminate();
    },
  };
}

/** What cannot be decoded is no connection's. */
function idIn(rawPath: string): string {
  try {
    return decodeURIComponent(rawPath).split('/@connections/')[1] ?? '';
  } catch {
    return '';
  }
}

function describe({ connectedAtMs, lastActiveAtMs }: Connection): AwsResponse {
  const document = {
    connectedAt: new Date(connectedAtMs).toISOString(),
    identity: { sourceIp: '127.0.0.1', userAgent: '' },
    lastActiveAt: new Date(lastActiveAtMs).toISOString(),
  };
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(document) };
}

/** Without a function everybody may connect, as on AWS. */
function statusOf(outcome: InvokeOutcome | undefined): number {
  if (!outcome) return 200;
  if (!outcome.ok) return 502;
  const value = parseJson(outcome.payload);
  return isObject(value) && typeof value.statusCode === 'number' ? value.statusCode : 502;
}

interface EventOf extends Pick<Connection, 'id' | 'principal' | 'connectedAtMs'> {
  headers?: Record<string, string>;
  body?: string;
}

function toEvent(
  routeKey: RouteKey,
  { id, principal, connectedAtMs, headers, body }: EventOf,
  { apiId, stage, domainName }: WebSocketApiOptions & { stage: string },
): JsonObject {
  const isConnect = routeKey === '$connect';
  return {
    ...(isConnect && headers && { headers }),
    requestContext: {
      routeKey,
      eventType: eventTypes[routeKey],
      messageDirection: 'IN',
      ...(routeKey === '$default' && { messageId: randomUUID() }),
      apiId,
      stage,
      domainName,
      connectionId: id,
      connectedAt: connectedAtMs,
      requestId: randomUUID(),
      requestTimeEpoch: Date.now(),
      identity: {
        sourceIp: '127.0.0.1',
        // IAM is asked when a connection is opened, and not again.
        ...(isConnect && { accountId, accessKey: principal.accessKeyId, userArn: principal.arn }),
      },
    },
    ...(body !== undefined && { body }),
    isBase64Encoded: false,
  };
}
