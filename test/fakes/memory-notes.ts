import type { Note, NoteStore, NotesPlace, NoteWrite } from '#core/ports/notes.ts';

/** Notes in memory, each place apart. */
export class MemoryNotes implements NoteStore {
  readonly places = new Map<string, Map<string, Note & { expiresAtMs: number }>>();

  async list(place: NotesPlace) {
    return [...this.#of(place)]
      .map(([key, { version, text }]) => ({ key, version, characters: text.length }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async get(place: NotesPlace, key: string): Promise<Note | undefined> {
    const found = this.#of(place).get(key);
    return found && { text: found.text, version: found.version };
  }

  async put(place: NotesPlace, { key, text, expectedVersion, expiresAtMs }: NoteWrite): Promise<boolean> {
    const notes = this.#of(place);
    if ((notes.get(key)?.version ?? 0) !== expectedVersion) return false;
    notes.set(key, { text, version: expectedVersion + 1, expiresAtMs });
    return true;
  }

  #of({ project, scope }: NotesPlace) {
    const name = `${project}#${scope}`;
    const notes = this.places.get(name) ?? new Map<string, Note & { expiresAtMs: number }>();
    this.places.set(name, notes);
    return notes;
  }
}
