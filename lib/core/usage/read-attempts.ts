import { sortable } from './list-keys.ts';
import { type Span, spanOf } from './span-of.ts';
import type { UsageSource } from './usage-source.ts';

/** What one call reads: executions at once, and altogether before it answers with a cursor. */
const pageExecutions = 500;
const callExecutions = 2_500;

/** Attempts that ended in these days, project by project, the last one first. */
export const readAttempts: UsageSource = async ({ executions }, { projects, ...days }, position, sums) => {
  const span = spanOf(days);
  let read = 0;
  for (const { project, beforeKey } of remaining(projects, position, span)) {
    for (let key = beforeKey; ; ) {
      const page = await executions.listed({ project, beforeKey: key, limit: pageExecutions });
      const inside = page.filter(({ entry }) => entry.endedAtMs >= span.fromMs);
      for (const { entry } of inside) sums.addAttempt(entry);
      read += page.length;
      if (inside.length < pageExecutions) break;
      key = page.at(-1)?.key ?? '';
      if (read >= callExecutions) return `${project}#${key}`;
    }
  }
  return undefined;
};

/** The projects that are left, each with where its list goes on: from the newest one before the end. */
export function remaining(projects: readonly string[], position: string | undefined, { endMs }: Span) {
  const beforeKey = sortable(endMs);
  if (position === undefined) return projects.map((project) => ({ project, beforeKey }));
  const [at = '', ...key] = position.split('#');
  return projects
    .filter((project) => project >= at)
    .map((project) => ({ project, beforeKey: project === at ? key.join('#') : beforeKey }));
}
