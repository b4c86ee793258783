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
