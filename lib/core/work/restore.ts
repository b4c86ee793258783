import { AppError } from '#contracts/errors.ts';
import { transcriptSegment } from '#contracts/transcript.ts';
import type { StartReply } from '#contracts/worker-protocol.ts';
import type { RestoredConversation } from './conversation.ts';
import { persist } from './fenced-control.ts';
import { toUtf8 } from './utf8.ts';
import type { WorkContext } from './work-outcome.ts';

type Conversations = NonNullable<StartReply['checkpoint']>['conversations'];
type Segments = Conversations[string];

/** Segments that are read at once. */
const readsAtOnce = 8;

/** What earlier attempts have recorded, by conversation. Checked to the byte against the digest in the row. */
export async function restoreConversations(
  context: WorkContext,
): Promise<ReadonlyMap<string, RestoredConversation>> {
  const conversations = context.started.checkpoint?.conversations ?? {};
  const restored = await Promise.all(
    Object.entries(conversations).map(
      async ([name, segments]) => [name, await restoreOne(name, segments, context)] as const,
    ),
  );
  return new Map(restored);
}

async function restoreOne(
  name: string,
  { segments, sha256 }: Segments,
  context: WorkContext,
): Promise<RestoredConversation> {
  const bodies: Uint8Array[] = [];
  for (let at = 0; at < segments.length; at += readsAtOnce) {
    const next = segments.slice(at, at + readsAtOnce).map(({ url }) => readObject(url, 'a segment', context));
    bodies.push(...(await Promise.all(next)));
  }
  const { sha256Hex } = context.ports;
  const chain = bodies.reduce((before, body) => sha256Hex(toUtf8(before + sha256Hex(body))), '');
  if (chain !== sha256)
    throw new AppError('worker_error', `The transcript "${name}" is not what was recorded`, {
      retryable: false,
    });
  const entries = bodies.flatMap((body) => parseSegment(name, body).entries);
  return { entries, segment: segments.length };
}

function parseSegment(name: string, body: Uint8Array) {
  const parsed = transcriptSegment.safeParse(JSON.parse(new TextDecoder().decode(body)));
  if (parsed.success) return parsed.data;
  throw new AppError(
    'worker_error',
    `The transcript "${name}" is of a shape that this worker does not know`,
    {
      cause: parsed.error,
      retryable: false,
    },
  );
}

/** An archive, checked against its digest. */
export async function readArchive(
  { url, sha256 }: { url: string; sha256: string },
  context: WorkContext,
): Promise<Uint8Array> {
  const archive = await readObject(url, 'the workspace', context);
  if (context.ports.sha256Hex(archive) === sha256) return archive;
  throw new AppError('worker_error', 'The workspace is not what was stored', { retryable: false });
}

function readObject(url: string, what: string, { ports, signal }: WorkContext): Promise<Uint8Array> {
  const options = { signal, time: ports.time, log: ports.log, what: `reading ${what}` };
  return persist(() => ports.objects.get(url, signal), options);
}
