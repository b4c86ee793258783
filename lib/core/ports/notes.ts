export interface Note {
  text: string;
  /** From 1, one more with every write. */
  version: number;
}

/** Small texts that all agents of a run share. */
export interface Notes {
  list(signal: AbortSignal): Promise<{ key: string; version: number; characters: number }[]>;
  get(key: string, signal: AbortSignal): Promise<Note | undefined>;
  /**
   * Writes under the condition that the stored version is `expectedVersion`, 0 meaning that there is none.
   * Otherwise answers what is stored (undefined: nothing).
   */
  put(
    key: string,
    text: string,
    expectedVersion: number,
    signal: AbortSignal,
  ): Promise<{ written: true; version: number } | { written: false; current: Note | undefined }>;
}

/** Whose notes they are: no other project and no other scope ever sees them. */
export interface NotesPlace {
  project: string;
  /** As `sharedScope` says. */
  scope: string;
}

export interface NoteWrite {
  key: string;
  text: string;
  expectedVersion: number;
  expiresAtMs: number;
}

/** The notes as the control plane keeps them. Reads are strongly consistent. */
export interface NoteStore {
  list(place: NotesPlace): Promise<{ key: string; version: number; characters: number }[]>;
  get(place: NotesPlace, key: string): Promise<Note | undefined>;
  /** One conditional write: false where the stored version is not `expectedVersion`. */
  put(place: NotesPlace, write: NoteWrite): Promise<boolean>;
}
