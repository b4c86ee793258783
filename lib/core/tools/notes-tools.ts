import { toolInputs } from '#contracts/tools.ts';
import type { Note } from '../ports/notes.ts';
import { count } from './output-text.ts';
import { requirePart } from './require-part.ts';
import { fail, makeTool, succeed } from './tool.ts';

export const notesGet = makeTool(
  {
    name: 'notes_get',
    description: 'Reads a note that the agents of this run share, or lists all notes.',
    idempotent: true,
    needs: 'none',
  },
  toolInputs.notes_get,
  async ({ key }, deps, signal) => {
    const notes = requirePart(deps, 'notes');
    if (key !== undefined) {
      const note = await notes.get(key, signal);
      return note ? succeed(describe(key, note)) : fail('refused', `There is no note ${key}.`);
    }
    const all = await notes.list(signal);
    const lines = all.map(
      (note) => `${note.key} (version ${note.version}, ${count(note.characters)} characters)`,
    );
    return succeed(lines.join('\n') || '[there are no notes yet]');
  },
);

export const notesPut = makeTool(
  {
    name: 'notes_put',
    description:
      'Writes a note that the agents of this run share. Say which version you have read: if somebody wrote it ' +
      'since, nothing is written and you are shown what is there now.',
    // Writing the same text over the same version again is taken as having been written.
    idempotent: true,
    needs: 'none',
  },
  toolInputs.notes_put,
  async ({ key, text, version }, deps, signal) => {
    const put = await requirePart(deps, 'notes').put(key, text, version, signal);
    if (put.written) return succeed(`Wrote ${key}, version ${put.version}.`);
    const now = put.current
      ? describe(key, put.current)
      : `There is no note ${key}: write it with version 0.`;
    return fail('refused', `Nothing was written, because version ${version} is not the present one. ${now}`);
  },
);

function describe(key: string, { text, version }: Note): string {
  return `${key}, version ${version}:\n${text}`;
}
