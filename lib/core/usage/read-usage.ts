import * as z from 'zod';
import { type Caller, projectName } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import { type MonthBudget, toUsd, type UsageBy, type UsageItem, usageBys } from '#contracts/usage.ts';
import { requireProject } from '#core/access.ts';
import { openCursor, sealCursor } from '#core/jobs/cursor.ts';
import { parseWith } from '#core/jobs/parse-job-request.ts';
import { monthOf } from '#core/money/month-of.ts';
import { dayOf } from './list-keys.ts';
import { projectsOf } from './projects-of.ts';
import { readAttempts } from './read-attempts.ts';
import { readLedger } from './read-ledger.ts';
import { readOutcomes } from './read-outcomes.ts';
import { makeSums, type UsageSums } from './sum-usage.ts';
import type { UsageDeps, UsageQuestion } from './usage-source.ts';

const dayMs = 86_400_000;
const daysMax = 366;
const day = z.iso.date('must be a day like 2026-11-20');

const usageQuery = z.strictObject({
  by: z.enum(usageBys).default('project'),
  project: projectName.optional(),
  from: day.optional(),
  to: day.optional(),
  cursor: z.string().max(1_000).optional(),
});

export interface UsagePage {
  by: UsageBy;
  from: string;
  to: string;
  items: UsageItem[];
  budgets?: MonthBudget[];
  cursor?: string;
}

/** One after the other: what was paid, how attempts went, what became of actions and runs. */
const sources = { calls: readLedger, attempts: readAttempts, outcomes: readOutcomes } as const;

/**
 * What model calls have used and cost, and what came of the work, by whatever `by` says; the month so far by
 * default. A key may come again on a later page: the pages are to be added up.
 *
 * @throws AppError `not_found` (a project that the caller may not touch), `invalid_request`, `invalid_cursor`
 */
export async function readUsage(deps: UsageDeps, caller: Caller, query: unknown): Promise<UsagePage> {
  const { by, project, cursor, ...days } = parseWith(usageQuery, query, 'the query');
  if (project !== undefined) requireProject(caller, project);
  const { from, to } = rangeOf(days, deps.clock.nowMs());
  const projects = project === undefined ? await projectsOf(deps, caller) : [project];
  const purpose = `usage ${by} ${from} ${to} ${project ?? '*'} ${caller.arn}`;
  const after = cursor === undefined ? undefined : openCursor(deps.digest, purpose, cursor);
  const sums = makeSums(by);
  const position = await readSources(deps, { projects: [...projects].sort(), from, to, by }, after, sums);
  const budgets = by === 'project' && after === undefined ? await readBudgets(deps, projects) : [];
  return {
    by,
    from,
    to,
    items: sums.items(),
    ...(budgets.length > 0 ? { budgets } : {}),
    ...(position === undefined ? {} : { cursor: sealCursor(deps.digest, purpose, position) }),
  };
}

/** Of those that have committed anything this month. */
async function readBudgets(deps: UsageDeps, projects: readonly string[]): Promise<MonthBudget[]> {
  const month = monthOf(deps.clock.nowMs());
  const limitUsd = toUsd(deps.settings.projectMonthMicroUsd);
  const found = await Promise.all(
    projects.map(async (project) => ({ project, view: await deps.months.read(project, month) })),
  );
  return found.flatMap(({ project, view }) => {
    if (!view) return [];
    const { committedMicroUsd, warnedAtMs } = view;
    const warnedAt = warnedAtMs === undefined ? {} : { warnedAt: new Date(warnedAtMs).toISOString() };
    return { project, month, committedUsd: toUsd(committedMicroUsd), limitUsd, ...warnedAt };
  });
}

function rangeOf(given: { from?: string | undefined; to?: string | undefined }, nowMs: number) {
  const to = given.to ?? dayOf(nowMs);
  const from = given.from ?? `${to.slice(0, 7)}-01`;
  const days = (Date.parse(to) - Date.parse(from)) / dayMs + 1;
  if (days >= 1 && days <= daysMax) return { from, to };
  throw new AppError('invalid_request', `from ${from} to ${to} are ${days} days; it must be 1 to ${daysMax}`);
}

/** A position is a source's own behind its name. */
async function readSources(
  deps: UsageDeps,
  question: UsageQuestion,
  after: string | undefined,
  sums: UsageSums,
): Promise<string | undefined> {
  const [first, ...rest] = after?.split('#') ?? [];
  const names = Object.keys(sources) as (keyof typeof sources)[];
  for (const name of names.slice(names.findIndex((one) => first === undefined || one === first))) {
    const position = await sources[name](deps, question, name === first ? rest.join('#') : undefined, sums);
    if (position !== undefined) return `${name}#${position}`;
  }
  return undefined;
}
