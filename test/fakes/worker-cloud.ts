import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '#contracts/errors.ts';
import type { JobRow } from '#contracts/job-row.ts';
import type { ProviderKeys } from '#contracts/provider-keys.ts';
import { changeJob } from '#core/jobs/change-job.ts';
import { submitJob } from '#core/jobs/submit-job.ts';
import { claim, type Moment, requeue } from '#core/jobs/transitions.ts';
import type { ControlPlane } from '#core/ports/control.ts';
import type { ObjectHead, Objects } from '#core/ports/objects.ts';
import type { WorkerObjects } from '#core/ports/worker.ts';
import { findArtifacts } from '#core/worker/artifacts.ts';
import { finishAttempt } from '#core/worker/finish-attempt.ts';
import { heartbeat } from '#core/worker/heartbeat.ts';
import { useNotes } from '#core/worker/notes.ts';
import { renewCredential } from '#core/worker/renew-credential.ts';
import { addressUploads, recordEvents } from '#core/worker/report.ts';
import { startAttempt } from '#core/worker/start-attempt.ts';
import { turn } from '#core/worker/turn.ts';
import { everyone, rowOf, traceparent } from './job-steps.ts';
import { type MemoryDeps, type MemoryDepsOptions, makeMemoryDeps } from './memory-deps.ts';

export const ticket = '7c'.repeat(32);

/** A bucket in memory, bytes and all. */
class ByteObjects implements Objects {
  readonly stored = new Map<string, Buffer>();
  base = 'memory://';

  async put(key: string, body: string): Promise<void> {
    this.stored.set(key, Buffer.from(body));
  }

  async putOnce(key: string, body: string): Promise<'stored' | 'exists'> {
    if (this.stored.has(key)) return 'exists';
    await this.put(key, body);
    return 'stored';
  }

  async get(key: string): Promise<string | undefined> {
    return this.stored.get(key)?.toString('utf8');
  }

  async head(key: string): Promise<ObjectHead | undefined> {
    const body = this.stored.get(key);
    return body && { bytes: body.length, sha256: sha256(body) };
  }

  async remove(key: string): Promise<void> {
    this.stored.delete(key);
  }

  async list(prefix: string, limit: number) {
    const found = [...this.stored].filter(([key]) => key.startsWith(prefix)).sort();
    return found.slice(0, limit).map(([key, body]) => ({ key, bytes: body.length }));
  }

  async presignGet(key: string): Promise<string> {
    return `${this.base}${key}`;
  }

  async presignPut(key: string, content: { sha256: string; bytes: number }, _seconds: number, once: boolean) {
    const headers: Record<string, string> = { 'x-sha256': content.sha256, 'x-once': String(once) };
    return { url: `${this.base}${key}`, headers };
  }

  upload(key: string, headers: Record<string, unknown>, body: Buffer): number {
    if (headers['x-once'] === 'true' && this.stored.has(key)) return 412;
    if (headers['x-sha256'] !== sha256(body)) return 400;
    this.stored.set(key, body);
    return 200;
  }

  uri(key: string): string {
    return `s3://memory/${key}`;
  }
}

export interface WorkerCloud {
  deps: Omit<MemoryDeps, 'objects'> & { objects: ByteObjects };
  /** The control plane itself, without a network. */
  control: ControlPlane;
  /** What is behind presigned addresses, without a network. */
  objects: WorkerObjects;
  /** Every call that came, in order. */
  calls: { name: keyof ControlPlane; request: Record<string, unknown> }[];
  submit(body: unknown): Promise<JobRow>;
  /** Hands the job to the next attempt, whoever has it now, and answers which that is. */
  assign(id: string): Promise<number>;
  row(id: string): Promise<JobRow>;
  /** Texts of the transcript as it counts, in order. */
  segments(id: string, conversation?: string): Promise<string[]>;
}

/** The real control plane's use cases over memory, and what workers see of them. */
export function makeWorkerCloud(options: MemoryDepsOptions & { keys?: ProviderKeys } = {}): WorkerCloud {
  const objects = new ByteObjects();
  const deps = { ...makeMemoryDeps(options), objects } as unknown as WorkerCloud['deps'];
  const calls: WorkerCloud['calls'] = [];
  const cases = {
    start: (request) => startAttempt(deps, request),
    heartbeat: (request) => heartbeat(deps, request),
    turn: (request) => turn(deps, request),
    events: (request) => recordEvents(deps, request),
    uploads: (request) => addressUploads(deps, request),
    artifacts: (request) => findArtifacts(deps, request),
    notes: (request) => useNotes(deps, request),
    credentials: (request) => renewCredential(deps, request),
    finish: (request) => finishAttempt(deps, request),
  } as ControlPlane;
  const recorded = (name: keyof ControlPlane) => async (request: never) => {
    calls.push({ name, request: structuredClone(request) });
    return (cases[name] as (given: never) => Promise<never>)(request);
  };
  const control = Object.fromEntries(
    Object.keys(cases).map((name) => [name, recorded(name as keyof ControlPlane)]),
  ) as unknown as ControlPlane;
  const row = (id: string) => rowOf(deps as unknown as MemoryDeps, id);
  return {
    deps,
    control,
    calls,
    row,
    objects: {
      get: async (url) => {
        const body = objects.stored.get(url.slice(objects.base.length));
        if (!body) throw new AppError('worker_error', `nothing at ${url}`);
        return new Uint8Array(body);
      },
      put: async ({ url, headers }, body) => {
        const status = objects.upload(url.slice(objects.base.length), headers, Buffer.from(body));
        if (status === 400) throw new AppError('worker_error', 'refused with status 400');
      },
    },
    submit: async (body) => (await submitJob(deps, everyone, body, { traceparent })).row,
    assign: async (id) => {
      const decide = (current: JobRow, moment: Moment) => {
        const free = current.status === 'RUNNING' ? requeue(current, 0, 'gone', moment) : current;
        return {
          next: claim(free, { by: 'test', ticketSha256: deps.digest.sha256(ticket), spot: false }, moment),
          value: undefined,
        };
      };
      return (await changeJob(deps, id, decide)).row.attempt;
    },
    segments: async (id, conversation = 'main') => {
      const { checkpoint, project } = await row(id);
      const texts: string[] = [];
      for (const { attempt, upTo } of checkpoint?.conversations[conversation] ?? [])
        for (let segment = texts.length + 1; segment <= upTo; segment++) {
          const name = `${String(segment).padStart(6, '0')}-a${attempt}.json`;
          const key = `projects/${project}/jobs/${id}/transcript/${conversation}/${name}`;
          texts.push((await objects.get(key)) ?? `missing ${key}`);
        }
      return texts;
    },
  };
}

export interface ServedCloud {
  url: string;
  close(): Promise<void>;
}

/** `hang`: the call is not answered; `lost`: it is done, and its answer gets lost. */
export type Interference = 'hang' | 'lost' | undefined;

/** The same over HTTP, for a worker that is a process of its own. */
export async function serveWorkerCloud(
  cloud: WorkerCloud,
  interfere: (what: string, body: Record<string, unknown>) => Interference = () => undefined,
): Promise<ServedCloud> {
  const { objects } = cloud.deps;

  async function answer(req: IncomingMessage): Promise<{ status: number; body: string | Buffer } | 'hang'> {
    const body = await readBody(req);
    const path = decodeURIComponent(req.url ?? '/');
    if (path.startsWith('/o/')) {
      const key = path.slice('/o/'.length);
      if (req.method === 'GET') return { status: 200, body: objects.stored.get(key) ?? '' };
      if (interfere(`put ${key.replace(/.*attempts\/\d+\//, '')}`, {}) === 'hang') return 'hang';
      return { status: objects.upload(key, req.headers, body), body: '' };
    }
    const name = path.replace('/worker/', '');
    const document = JSON.parse(body.toString());
    const how = interfere(name, document);
    if (how === 'hang') return 'hang';
    const reply = await call(name, document);
    return how === 'lost' ? 'hang' : reply;
  }

  async function call(name: string, document: Record<string, unknown>) {
    try {
      const control = cloud.control as unknown as Record<string, (request: unknown) => Promise<unknown>>;
      return { status: 200, body: JSON.stringify((await control[name]?.(document)) ?? {}) };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { code, status, message: detail, retryable, remedy } = error;
      const type = 'about:blank';
      return { status, body: JSON.stringify({ type, title: code, status, detail, code, retryable, remedy }) };
    }
  }

  const server = createServer((req, res) => {
    answer(req).then(
      (reply) => {
        if (reply === 'hang') return;
        const contentType = reply.status < 400 ? 'application/json' : 'application/problem+json';
        res.writeHead(reply.status, { 'content-type': contentType });
        res.end(reply.body);
      },
      (error) => res.destroy(error),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  objects.base = `${url}/o/`;
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function sha256(body: Uint8Array | string): string {
  return createHash('sha256').update(body).digest('hex');
}

async function readBody(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk);
  return Buffer.concat(chunks);
}
