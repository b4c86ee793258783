import type { Access, Caller } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import { jobId } from '#contracts/job-request.ts';
import { runId } from '#contracts/run-states.ts';
import { type StreamedEvent, type StreamMessage, streamLimits, streamRequest } from '#contracts/stream.ts';
import { principalArn, resolveCaller } from '#core/access.ts';
import { jobNotFound } from '#core/jobs/change-job.ts';
import { eventCursor, runEventCursor } from '#core/jobs/event-cursor.ts';
import { parseWith } from '#core/jobs/parse-job-request.ts';
import { readEvents } from '#core/jobs/read-jobs.ts';
import type { Deps, RunPorts } from '#core/ports/core-deps.ts';
import type { Connections } from '#core/ports/stream.ts';
import { readRunEvents } from '#core/runs/read-runs.ts';
import { toMessages } from './to-messages.ts';

export interface StreamDeps extends Deps<'store' | 'events' | 'digest' | 'clock'>, Pick<RunPorts, 'runs'> {
  connections: Connections;
  access: Access;
  /** Roles of workers, which have no business here. */
  workerRoleArns: readonly string[];
  /** To one connection; throws where it cannot be reached. */
  send(connection: string, message: StreamMessage): Promise<void>;
}

/** @throws AppError `forbidden` */
export async function openConnection(deps: StreamDeps, connection: string, userArn: string): Promise<void> {
  callerBehind(deps, userArn);
  // A little longer than the connection can last.
  const expiresAtMs = deps.clock.nowMs() + (streamLimits.connectionSeconds + 600) * 1_000;
  await deps.connections.open(connection, userArn, expiresAtMs);
}

/** One message of a client. What is wrong with it is thrown; the caller tells it to the client. */
export async function serveMessage(deps: StreamDeps, connection: string, text: string): Promise<void> {
  const request = parseWith(streamRequest, parseJson(text), 'the message');
  if ('ping' in request) return deps.send(connection, { type: 'pong' });
  await watch(deps, connection, request.watch, request.after);
}

/**
 * Registers before the last page is read: what is written from then on is pushed, what was written before is in the
 * log. Both may bring the same event; the reader drops what it has.
 */
async function watch(deps: StreamDeps, connection: string, id: string, after: string | undefined) {
  const caller = await callerOf(deps, connection);
  const read = readerOf(deps, caller, id);
  let page = await read(after);
  await register(deps, connection, id);
  let isLast = false;
  for (let pages = 0; pages < streamLimits.replayPages; pages++) {
    for (const message of toMessages({ watch: id, live: false, ...page })) {
      await deps.send(connection, message);
      if (message.type === 'behind') return;
    }
    if (isLast && page.items.length === 0)
      return deps.send(connection, { type: 'watching', watch: id, cursor: page.cursor });
    page = await read(page.cursor);
    isLast = true;
  }
  await deps.send(connection, { type: 'behind', watch: id });
}

async function register({ connections }: StreamDeps, connection: string, id: string): Promise<void> {
  if (await connections.watch(connection, id, streamLimits.watchesPerConnection)) return;
  throw new AppError(
    'invalid_request',
    `a connection watches at most ${streamLimits.watchesPerConnection} jobs and runs, and only while it is open`,
    { remedy: 'open another connection' },
  );
}

interface Page {
  items: StreamedEvent[];
  cursor: string;
  cursorBehind(event: StreamedEvent): string;
}

/** Throws `not_found` also for what the caller may not see, `invalid_cursor` for a cursor of another list. */
function readerOf(deps: StreamDeps, caller: Caller, id: string): (after?: string) => Promise<Page> {
  if (runId.safeParse(id).success)
    return async (after) => ({
      ...(await readRunEvents(deps, caller, id, { after })),
      cursorBehind: ({ seq }) => runEventCursor(deps.digest, id, seq),
    });
  if (!jobId.safeParse(id).success) throw jobNotFound(id);
  return async (after) => ({
    ...(await readEvents(deps, caller, id, { after })),
    cursorBehind: ({ attempt = 1, seq }) => eventCursor(deps.digest, id, { attempt, seq }),
  });
}

/** Looked up again each time: settings may have changed since the connection was opened. */
async function callerOf(deps: StreamDeps, connection: string): Promise<Caller> {
  const found = await deps.connections.find(connection);
  if (found) return callerBehind(deps, found.userArn);
  throw new AppError('unauthenticated', 'this connection is not known here', {
    remedy: 'connect again, signed',
  });
}

function callerBehind({ access, workerRoleArns }: StreamDeps, userArn: string): Caller {
  if (workerRoleArns.includes(principalArn(userArn)))
    throw new AppError('forbidden', 'workers may call /worker/* only');
  return resolveCaller(access, userArn);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const seen = text.slice(0, 40);
    throw new AppError('invalid_request', `the message is not JSON: ${seen}`, {
      cause,
      remedy: `send {"watch": "<id of a job or a run>", "after": "<cursor>"} or {"ping": 1}`,
    });
  }
}
