import type { Caller } from '#contracts/access.ts';
import type { Deps } from '#core/ports/core-deps.ts';

/** All projects that the caller may touch. */
export async function projectsOf(deps: Deps<'projects'>, caller: Caller): Promise<readonly string[]> {
  return caller.projects === '*' ? deps.projects.all() : caller.projects;
}
