import type { FileEntry, FileStat, ListRequest, Manifest } from '#core/ports/sandbox.ts';

/**
 * What worker and helper say to each other. The helper is a process of its own with the tools' rights. For each
 * operation it reads one line of JSON and `bodyBytes` bytes after it; it answers in frames.
 */
export interface SnapshotTerms {
  maxBytes: number;
  maxFiles: number;
  /** Folders of these names, at any depth, are left out. */
  exclude: readonly string[];
}

export interface Operations {
  /** Proves where the helper runs. */
  probe: { request: { supervisorPid: number }; reply: ProbeReply };
  read: { request: { path: string; maxBytes: number }; reply: Record<string, never> };
  write: { request: { path: string }; reply: { created: boolean } };
  stat: { request: { path: string }; reply: { stat?: FileStat } };
  /** Answers the folder's real path, relative to the workspace. */
  enter: { request: { path: string }; reply: { path: string } };
  list: { request: ListRequest; reply: { entries: FileEntry[]; more: boolean } };
  manifest: { request: SnapshotTerms; reply: Manifest };
  save: { request: SnapshotTerms; reply: Manifest };
  restore: { request: SnapshotTerms & { folder?: string | undefined }; reply: Record<string, never> };
  /** Followed by a line of JSON (`LayerHeader[]`), and then by all the archives. */
  assemble: { request: SnapshotTerms; reply: Record<string, never> };
}

export interface LayerHeader {
  /** Of its archive. */
  bytes: number;
  /** What is taken from it, as `showName` shows it. */
  paths: readonly string[];
}

export type OperationName = keyof Operations;

export interface ProbeReply {
  uid: number;
  groups: number[];
  noNewPrivileges: boolean;
  /** Of the capabilities in force, hexadecimal. */
  capabilities: string;
  readsSupervisor: boolean;
}

export type HelperRequest = {
  [Name in OperationName]: { operation: Name; root: string; bodyBytes: number } & Operations[Name]['request'];
}[OperationName];

/** `data`: bytes of a file or an archive. One `reply` or one `fault` ends the answer. */
export const frameKinds = { data: 1, reply: 2, fault: 3 } as const;

export interface HelperFault {
  /** An error code of Muster's. */
  code: 'invalid_request' | 'not_found' | 'forbidden' | 'payload_too_large' | 'internal';
  message: string;
}

export const frameHeaderBytes = 5;

export function frame(kind: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(frameHeaderBytes);
  header.writeUInt8(kind, 0);
  header.writeUInt32BE(payload.length, 1);
  return Buffer.concat([header, payload]);
}
