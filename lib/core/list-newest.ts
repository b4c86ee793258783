import type { Caller } from '#contracts/access.ts';
import { limits } from '#contracts/limits.ts';
import { requireProject } from '#core/access.ts';
import { openCursor, sealCursor } from '#core/jobs/cursor.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import type { ListedKey, ListQuery } from '#core/ports/job-store.ts';
import { projectsOf } from '#core/usage/projects-of.ts';

export interface NewestQuery<Row> {
  /** Names the question, so that a cursor fits no other one. */
  purpose: string;
  project?: string | undefined;
  limit: number;
  cursor?: string | undefined;
  keys(query: ListQuery): Promise<ListedKey[]>;
  /** In the order of the ids. */
  read(ids: readonly string[]): Promise<readonly (Row | undefined)[]>;
  matches(row: Row): boolean;
}

/**
 * Rows from the newest, over all projects that the caller may touch or one of them. A page may be shorter than
 * `limit` and still have a cursor: only so many rows are looked at in one call.
 */
export async function listNewest<Row extends object>(
  deps: Deps<'projects' | 'digest'>,
  caller: Caller,
  query: NewestQuery<Row>,
): Promise<{ rows: Row[]; cursor?: string }> {
  const { project, limit, cursor } = query;
  if (project !== undefined) requireProject(caller, project);
  const purpose = `${query.purpose} ${project ?? '*'} ${caller.arn}`;
  let beforeKey = cursor === undefined ? undefined : openCursor(deps.digest, purpose, cursor);
  const projects = project === undefined ? await projectsOf(deps, caller) : [project];
  const rows: Row[] = [];
  for (let looked = 0; looked < limits.pageRowsRead; ) {
    const keys = await newestKeys(query, projects, beforeKey, limit - rows.length);
    const found = await query.read(keys.map(({ id }) => id));
    for (const row of found) if (row !== undefined && query.matches(row)) rows.push(row);
    beforeKey = keys.at(-1)?.key;
    if (beforeKey === undefined) return { rows };
    looked += keys.length;
    if (rows.length >= limit) break;
  }
  return { rows, cursor: sealCursor(deps.digest, purpose, beforeKey ?? '') };
}

async function newestKeys(
  query: Pick<NewestQuery<never>, 'keys'>,
  projects: readonly string[],
  beforeKey: string | undefined,
  limit: number,
): Promise<ListedKey[]> {
  const range = beforeKey === undefined ? { limit } : { limit, beforeKey };
  const pages = await Promise.all(projects.map((project) => query.keys({ project, ...range })));
  return pages
    .flat()
    .sort((a, b) => (a.key < b.key ? 1 : -1))
    .slice(0, limit);
}
