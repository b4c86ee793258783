import type { TeamDocument } from '#contracts/team.ts';

export interface StoredTeam {
  document: TeamDocument;
  origin: 'shipped' | 'put';
  updatedAtMs?: number;
}

/** Teams by name: those that come with the deployment, and those that people put beside or over them. */
export interface Teams {
  get(name: string): Promise<StoredTeam | undefined>;
  /** By name. */
  all(): Promise<StoredTeam[]>;
  put(document: TeamDocument, by: string, nowMs: number): Promise<void>;
}

/** Names of the providers that somebody has set a key for, without the keys. */
export interface ConfiguredProviders {
  read(): Promise<readonly string[]>;
}
