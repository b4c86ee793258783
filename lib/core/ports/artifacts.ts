export interface StoredArtifact {
  name: string;
  bytes: number;
  /** 64 hexadecimal digits. */
  sha256: string;
}

/** Files that outlive the workspace: what a job hands over, and what its run's earlier jobs handed over. */
export interface Artifacts {
  /** The same name again replaces what this attempt put there. */
  put(name: string, content: Uint8Array, signal: AbortSignal): Promise<StoredArtifact>;
  get(name: string, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** Names, sorted: what `get` can be asked for. */
  list(signal: AbortSignal): Promise<string[]>;
}
