import { createHash } from 'node:crypto';
import { AppError } from '../../lib/contracts/errors.ts';
import type { StartReply } from '../../lib/contracts/worker-protocol.ts';
import type { ControlPlane } from '../../lib/core/ports/control.ts';
import type { Model, ModelRequest, ModelTurn, TurnOptions } from '../../lib/core/ports/model.ts';
import type { LogFields, WorkerPorts, WorkerTime } from '../../lib/core/ports/worker.ts';

export type CallName = keyof ControlPlane;
type Request<K extends CallName> = Parameters<ControlPlane[K]>[0];
type Reply<K extends CallName> = Awaited<ReturnType<ControlPlane[K]>>;

export const session = '5e'.repeat(32);

/** A control plane that says yes and remembers. `fail` lets the next calls of one name fail. */
export class FakeControlPlane implements ControlPlane {
  readonly calls: { name: CallName; request: unknown }[] = [];
  readonly started: StartReply;
  /** Whether somebody looks on. */
  watched = false;
  readonly #failures = new Map<CallName, unknown[]>();
  readonly #hooks = new Map<CallName, () => void>();

  constructor(started: StartReply) {
    this.started = started;
  }

  fail(name: CallName, ...errors: unknown[]): void {
    this.#failures.set(name, errors);
  }

  /** Runs while a call of this name is on its way. */
  during(name: CallName, hook: () => void): void {
    this.#hooks.set(name, hook);
  }

  names(): CallName[] {
    return this.calls.map((call) => call.name);
  }

  requests<K extends CallName>(name: K): Request<K>[] {
    return this.calls.filter((call) => call.name === name).map((call) => call.request as Request<K>);
  }

  start = (request: Request<'start'>, signal: AbortSignal) =>
    this.#answer('start', request, signal, this.started);
  heartbeat = (request: Request<'heartbeat'>, signal: AbortSignal) =>
    this.#answer('heartbeat', request, signal, { stop: false, leaseSeconds: 180 });
  turn = (request: Request<'turn'>, signal: AbortSignal) =>
    this.#answer('turn', request, signal, { reservedMicroUsd: 1, spentMicroUsd: 0 });
  events = (request: Request<'events'>, signal: AbortSignal) =>
    this.#answer('events', request, signal, { watched: this.watched });
  artifacts = (request: Request<'artifacts'>, signal: AbortSignal) =>
    this.#answer('artifacts', request, signal, { kind: 'none' });
  notes = (request: Request<'notes'>, signal: AbortSignal) =>
    this.#answer('notes', request, signal, { kind: 'list', notes: [] });
  credentials = (request: Request<'credentials'>, signal: AbortSignal) =>
    this.#answer('credentials', request, signal, { provider: { name: 'anthropic', apiKey: 'renewed' } });
  finish = (request: Request<'finish'>, signal: AbortSignal) =>
    this.#answer('finish', request, signal, { status: 'SUCCEEDED' });
  uploads = (request: Request<'uploads'>, signal: AbortSignal) => {
    const files = request.files.map(({ name, sha256 }) => ({
      name,
      sha256,
      url: `memory:${name}`,
      headers: {},
      expiresAt: '2026-11-20T10:00:00.000Z',
    }));
    return this.#answer('uploads', request, signal, { files });
  };

  async #answer<K extends CallName>(
    name: K,
    request: Request<K>,
    signal: AbortSignal,
    reply: Reply<K>,
  ): Promise<Reply<K>> {
    signal.throwIfAborted();
    this.calls.push({ name, request });
    await Promise.resolve();
    this.#hooks.get(name)?.();
    const failures = this.#failures.get(name) ?? [];
    if (failures.length > 0) throw failures.shift();
    return reply;
  }
}

/** A model that says what it is told to, or fails. */
export class FakeModel implements Model {
  readonly requests: ModelRequest[] = [];
  readonly #say: (options: TurnOptions) => Promise<ModelTurn>;

  constructor(say: (options: TurnOptions) => Promise<ModelTurn>) {
    this.#say = say;
  }

  turn = (request: ModelRequest, options: TurnOptions): Promise<ModelTurn> => {
    this.requests.push(request);
    return this.#say(options);
  };
}

export function answers(text: string, more: Partial<ModelTurn> = {}): FakeModel {
  return new FakeModel(async ({ onText }) => {
    onText?.(text);
    return turnOf(text, more);
  });
}

export function turnOf(text: string, more: Partial<ModelTurn> = {}): ModelTurn {
  return {
    content: [{ type: 'text', text }],
    text,
    stopReason: 'end_turn',
    usage: { inputTokens: 10, outputTokens: 20, cacheReadTokens: 0, cacheWriteTokens: 0 },
    model: 'claude-sonnet-5-5',
    offline: false,
    ...more,
  };
}

export function startReply(input: string, more: Partial<StartReply> = {}): StartReply {
  return {
    session,
    job: { id: 'job-1', type: 'echo', project: 'default', attempt: 1, traceparent: '00-aa-bb-01' },
    input: { url: 'memory:input', sha256: sha256Hex(new TextEncoder().encode(input)) },
    heartbeatSeconds: 30,
    leaseSeconds: 180,
    remainingMs: 3_600_000,
    ...more,
  };
}

export interface FakeWorker {
  ports: WorkerPorts;
  control: FakeControlPlane;
  stored: Map<string, string>;
  log: { level: string; message: string; fields: LogFields }[];
  /** Errors that the next PUTs fail with. */
  putFailures: AppError[];
}

export interface FakeWorkerOptions {
  input: unknown;
  time: WorkerTime;
  started?: Partial<StartReply>;
  model?: Model;
  /** What is read instead of the input. */
  read?: string;
}

/** A worker's ports, all of them fakes that record. */
export function makeFakeWorker({ input, time, started, model, read }: FakeWorkerOptions): FakeWorker {
  const document = JSON.stringify(input);
  const control = new FakeControlPlane(startReply(document, started));
  const stored = new Map<string, string>();
  const log: FakeWorker['log'] = [];
  const putFailures: AppError[] = [];
  const ports: WorkerPorts = {
    control,
    time,
    sha256Hex,
    objects: {
      get: async () => new TextEncoder().encode(read ?? document),
      put: async (target, body) => {
        const failure = putFailures.shift();
        if (failure) throw failure;
        stored.set(target.url, new TextDecoder().decode(body));
      },
    },
    openModel: async () => {
      if (!model) throw new AppError('internal', 'no model here');
      return model;
    },
    log: (level, message, fields = {}) => log.push({ level, message, fields }),
  };
  return { ports, control, stored, log, putFailures };
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
