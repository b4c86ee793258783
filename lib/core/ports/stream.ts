/** Who looks on, and the way to them. */
export interface Stream {
  /** Connections that watch a job or a run. Strongly consistent, so that whoever registers and then reads the log misses nothing. */
  watchers(id: string): Promise<string[]>;
  /**
   * Sends the messages to each of them in this order. Never throws and ends in bounded time: those that are gone are
   * forgotten, and `missed` counts the connections that did not get all.
   */
  push(id: string, connections: readonly string[], messages: readonly string[]): Promise<{ missed: number }>;
}

export interface OpenConnection {
  /** Who opened it, as IAM vouches for. */
  userArn: string;
}

/** Open connections, and what each watches. All of it expires by itself. */
export interface Connections {
  open(connection: string, userArn: string, expiresAtMs: number): Promise<void>;
  find(connection: string): Promise<OpenConnection | undefined>;
  /** Once more is as once. False where the connection watches `most` others already, or is no longer open. */
  watch(connection: string, id: string, most: number): Promise<boolean>;
  close(connection: string): Promise<void>;
}
