/*
 * What a person hands in with a task reaches the actions that depend on it: as an archive of their jobs, and as a
 * folder of their workspaces.
 */

/** Relative to the workspace: what lies in it is as people have handed it in, for every action of the run. */
export const handedInRoot = 'handed-in';

const name = /^handed-in-([1-9][0-9]*)$/;

/** @param action the person's */
export function handedInArchive(action: number): string {
  return `handed-in-${action}`;
}

/** Relative to the workspace. */
export function handedInFolder(action: number): string {
  return `${handedInRoot}/${action}`;
}

/** The folder that an archive of a job belongs into; undefined for one that is something else. */
export function folderOfArchive(archive: string): string | undefined {
  const action = name.exec(archive)?.[1];
  return action === undefined ? undefined : handedInFolder(Number(action));
}
