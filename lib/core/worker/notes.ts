import { AppError } from '#contracts/errors.ts';
import { limits } from '#contracts/limits.ts';
import type { NotesReply, NotesRequest } from '#contracts/worker-protocol.ts';
import { sharedScope } from '#core/jobs/shared-scope.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import type { NotesPlace } from '#core/ports/notes.ts';
import { fencedRow } from './fenced-row.ts';

export type NotesDeps = Deps<'store' | 'digest' | 'notes' | 'clock'>;
type Put = Extract<NotesRequest['want'], { kind: 'put' }>;

/**
 * Reads or writes a note of the scope that the worker's job belongs to. A write that meets another version is an
 * answer and not an error: what is there now goes back to the model.
 *
 * @throws AppError `stale_attempt`, `job_stopping`, `forbidden`, `not_found`, `payload_too_large`
 */
export async function useNotes(deps: NotesDeps, request: NotesRequest): Promise<NotesReply> {
  const row = await fencedRow(deps, request);
  const place = { project: row.project, scope: sharedScope(row) };
  const { want } = request;
  switch (want.kind) {
    case 'list':
      return { kind: 'list', notes: await deps.notes.list(place) };
    case 'get': {
      const note = await deps.notes.get(place, want.key);
      return { kind: 'note', ...(note && { note }) };
    }
    case 'put':
      return putNote(deps, place, want);
    default:
      return want satisfies never;
  }
}

/**
 * A worker whose answer was lost writes again and meets its own note: the version behind the one that it expected,
 * with its text. That is what it wanted, so it is told that it has written.
 */
async function putNote(deps: NotesDeps, place: NotesPlace, want: Put): Promise<NotesReply> {
  const { key, text, expectedVersion } = want;
  if (expectedVersion === 0) await requireRoom(deps, place, key);
  const expiresAtMs = deps.clock.nowMs() + limits.rowRetentionDays * 86_400_000;
  const version = expectedVersion + 1;
  if (await deps.notes.put(place, { key, text, expectedVersion, expiresAtMs }))
    return { kind: 'written', version };
  const current = await deps.notes.get(place, key);
  if (current?.version === version && current.text === text) return { kind: 'written', version };
  return { kind: 'conflict', ...(current && { current }) };
}

/** Two that write their first notes at the same moment may both find room: it bounds a list, not a bill. */
async function requireRoom({ notes }: NotesDeps, place: NotesPlace, key: string): Promise<void> {
  const known = await notes.list(place);
  if (known.length < limits.notes || known.some((note) => note.key === key)) return;
  throw new AppError(
    'payload_too_large',
    `there are ${known.length} notes already, and no more than ${limits.notes} fit`,
    { remedy: 'Write to one of them instead: notes_get lists them' },
  );
}
