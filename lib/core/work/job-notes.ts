import { AppError } from '#contracts/errors.ts';
import type { NotesReply, NotesRequest } from '#contracts/worker-protocol.ts';
import type { Notes } from '../ports/notes.ts';
import type { WorkContext } from './work-outcome.ts';

/** The notes that this job shares with others, kept by the control plane. */
export function makeJobNotes({ control, session }: Pick<WorkContext, 'control' | 'session'>): Notes {
  const ask = (want: NotesRequest['want'], signal: AbortSignal) =>
    control.notes({ ...session, want }, signal);
  return {
    async list(signal) {
      const reply = await ask({ kind: 'list' }, signal);
      return reply.kind === 'list' ? reply.notes : unexpected(reply);
    },
    async get(key, signal) {
      const reply = await ask({ kind: 'get', key }, signal);
      return reply.kind === 'note' ? reply.note : unexpected(reply);
    },
    async put(key, text, expectedVersion, signal) {
      const reply = await ask({ kind: 'put', key, text, expectedVersion }, signal);
      if (reply.kind === 'written') return { written: true, version: reply.version };
      if (reply.kind === 'conflict') return { written: false, current: reply.current };
      return unexpected(reply);
    },
  };
}

function unexpected({ kind }: NotesReply): never {
  throw new AppError('internal', `The control plane answered "notes" with "${kind}"`, { retryable: false });
}
