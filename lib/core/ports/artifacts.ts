export interface StoredArtifact {
  name: string;
  bytes: number;
  /** 64 hexadecimal digits. */
  sha256: string;
}

/** Files that outlive the workspace: what a job hands over, and what others of its scope have handed over. */
export interface Artifacts {
  /** The same name again replaces what this attempt put there. */
  put(name: string, content: Uint8Array, signal: AbortSignal): Promise<StoredArtifact>;
  /**
   * Of this job, its earlier attempts included, or of `job`.
   *
   * @throws AppError `not_found` for a job that this one does not share with, `payload_too_large`
   */
  get(name: string, job: string | undefined, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** Names, sorted: what `get` can be asked for. */
  list(job: string | undefined, signal: AbortSignal): Promise<string[]>;
}
