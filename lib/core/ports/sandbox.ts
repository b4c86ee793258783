/** What a tool may use at most. Every number is enforced by the sandbox, not by the tool's good will. */
export interface SandboxLimits {
  /** Processes and threads at once. */
  processes: number;
  openFiles: number;
  /** The size that one file may reach, holes included. */
  fileBytes: number;
  /** Virtual memory of one process. Left out by default: Node and Java reserve far more than they use. */
  addressSpaceBytes?: number | undefined;
  /** Characters of output that are kept, half from its head and half from its tail. */
  outputCharacters: number;
  /** Milliseconds between SIGTERM and SIGKILL of a command whose time is up. */
  graceMs: number;
  /** A command that has written so much is ended: nobody will read it. */
  floodBytes: number;
  /** The workspace with everything in it. A workspace beyond either is not saved. */
  workspaceBytes: number;
  workspaceFiles: number;
  /** What `readFile` and `writeFile` take at once. */
  fileTransferBytes: number;
}

interface RunTerms {
  /** Relative to the workspace. Default: the workspace itself. */
  cwd?: string | undefined;
  /** What the process reads from its standard input. Default: nothing. */
  stdin?: string | undefined;
  /** Wall-clock milliseconds; then SIGTERM, after `graceMs` SIGKILL. */
  timeoutMs: number;
  /** Added to the sandbox's own few variables. Nothing else of the worker's environment is ever passed on. */
  env?: Readonly<Record<string, string>> | undefined;
}

/** `command` is a line for bash; `argv` is started as it is, without a shell. */
export type RunRequest = RunTerms & ({ argv: readonly string[] } | { command: string });

export interface WorkspaceSize {
  bytes: number;
  files: number;
  /** Beyond the limits; the numbers then say how far the count went, not how much there is. */
  exceeded: boolean;
}

export interface RunOutcome {
  /** Left out when a signal ended the process. */
  exitCode?: number | undefined;
  signal?: string | undefined;
  timedOut: boolean;
  /** Ended because it wrote more than `floodBytes`. */
  flooded: boolean;
  /** Standard output and error as they came; what was cut, or that it is no text, is said in a line of its own. */
  output: string;
  /** What was written altogether. */
  bytes: number;
  milliseconds: number;
  /** Processes that the command left running and that were ended with it. */
  leftovers: number;
  workspace: WorkspaceSize;
}

export type FileKind = 'file' | 'folder' | 'symlink' | 'other';

export interface FileStat {
  kind: FileKind;
  bytes: number;
  /** Executable by its owner. */
  executable: boolean;
}

export interface FileEntry extends FileStat {
  /** From the workspace, with `/` between names. Bytes that are not UTF-8 are shown as `\xNN`. */
  path: string;
  /** Of a symlink, as it is written. */
  target?: string | undefined;
}

export interface ListRequest {
  /** Default: the workspace. */
  path?: string | undefined;
  /** 1: what is in the folder itself. */
  depth: number;
  /** Entries after which the list ends. */
  limit: number;
  /** Folders of these names are listed, but not what is in them. */
  closed?: readonly string[] | undefined;
}

export interface SnapshotFile {
  path: string;
  kind: 'file' | 'folder' | 'symlink';
  bytes: number;
  /** Of a file's content or a symlink's target, 64 hexadecimal digits; of a folder ''. */
  sha256: string;
  executable: boolean;
  /** Of a text file. */
  lines?: number | undefined;
}

/** What was left out of a snapshot, and why. */
export interface SkippedEntry {
  path: string;
  reason: 'excluded' | 'special' | 'unreadable';
}

export interface Manifest {
  /** In the order of their bytes: the same workspace gives the same list. */
  files: SnapshotFile[];
  skipped: SkippedEntry[];
}

export interface Snapshot extends Manifest {
  /** A zstd-compressed tar without owners. The same workspace gives the same bytes. */
  archive: Uint8Array;
}

export interface ChangedFile {
  path: string;
  bytesBefore: number;
  bytesAfter: number;
  /** Of text files. */
  linesBefore?: number | undefined;
  linesAfter?: number | undefined;
}

/** What became of the workspace's files and symlinks since a snapshot; folders are not counted. */
export interface WorkspaceChanges {
  added: ChangedFile[];
  modified: ChangedFile[];
  deleted: ChangedFile[];
}

/** Some entries of an archive, by their paths as its manifest has them. */
export interface Layer {
  archive: Uint8Array;
  paths: readonly string[];
}

/**
 * Where an agent's tools run, and their workspace.
 *
 * One thing happens at a time: calls wait for each other. When a command has ended, every process that it
 * started is gone, so nothing moves while a file is read. Files are read and written with the tools' rights,
 * never with the worker's: a symlink leads nowhere that a tool could not go itself.
 *
 * Paths are relative to the workspace. `invalid_request` is thrown for an absolute path, for `..`, for NUL, for
 * a symlink that leads out of the workspace and for what is not a regular file; `not_found`, `forbidden` and
 * `payload_too_large` say what they say; `internal` means that the sandbox itself failed. When `signal` aborts,
 * everything is killed and the signal's reason is thrown.
 */
export interface Sandbox {
  readonly kind: 'uid' | 'process';
  /** Whether the worker's secrets are out of the tools' reach. False: tools run as the person who started them. */
  readonly isolated: boolean;
  readonly limits: Readonly<SandboxLimits>;
  /** A program that cannot be found is an outcome (exit code 127), not an error. */
  run(request: RunRequest, signal: AbortSignal): Promise<RunOutcome>;
  /** The whole file. */
  readFile(path: string, signal: AbortSignal): Promise<Uint8Array>;
  /** Makes the folders above it. A file that exists keeps its mode. */
  writeFile(path: string, content: Uint8Array, signal: AbortSignal): Promise<{ created: boolean }>;
  listFiles(request: ListRequest, signal: AbortSignal): Promise<{ entries: FileEntry[]; more: boolean }>;
  /** Does not follow a symlink. Undefined where there is nothing. */
  stat(path: string, signal: AbortSignal): Promise<FileStat | undefined>;
  save(signal: AbortSignal): Promise<Snapshot>;
  /**
   * Differs after every change to what a snapshot would hold, and costs next to nothing. Undefined where that cannot
   * be told.
   */
  fingerprint?(): Promise<string | undefined>;
  /**
   * Puts the archive in the place of everything in the workspace, or in `folder`, which is made with those above it;
   * a symlink in its way is removed, not followed. After an error that place is empty.
   */
  restore(archive: Uint8Array, signal: AbortSignal, folder?: string): Promise<void>;
  /**
   * The same with some entries of several archives, and the folders above them. The layers together must be a
   * possible workspace: no path twice, nothing below a file.
   */
  assemble(layers: readonly Layer[], signal: AbortSignal): Promise<void>;
  changes(base: Pick<Manifest, 'files'>, signal: AbortSignal): Promise<WorkspaceChanges>;
  /** Kills what is left and removes the workspace. Closing twice is harmless. */
  close(): Promise<void>;
}
