import type { ChangedFile, SnapshotFile, WorkspaceChanges } from '../ports/sandbox.ts';

/** What is different between two states of a workspace. A changed mode (executable) is a modification. */
export function compareFiles(
  before: readonly SnapshotFile[],
  after: readonly SnapshotFile[],
): WorkspaceChanges {
  const old = new Map(before.filter(isContent).map((file) => [file.path, file]));
  const changes: WorkspaceChanges = { added: [], modified: [], deleted: [] };
  for (const file of after.filter(isContent)) {
    const was = old.get(file.path);
    old.delete(file.path);
    if (!was) changes.added.push(toChange(undefined, file));
    else if (isDifferent(was, file)) changes.modified.push(toChange(was, file));
  }
  for (const file of old.values()) changes.deleted.push(toChange(file, undefined));
  return changes;
}

function isContent({ kind }: SnapshotFile): boolean {
  return kind !== 'folder';
}

function isDifferent(a: SnapshotFile, b: SnapshotFile): boolean {
  return a.kind !== b.kind || a.sha256 !== b.sha256 || a.executable !== b.executable;
}

function toChange(before: SnapshotFile | undefined, after: SnapshotFile | undefined): ChangedFile {
  return {
    path: (after ?? before)?.path ?? '',
    bytesBefore: before?.bytes ?? 0,
    bytesAfter: after?.bytes ?? 0,
    linesBefore: before?.lines,
    linesAfter: after?.lines,
  };
}
