import * as z from 'zod';
import { type Caller, projectName } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import { type MonthBudget, toUsd, type UsageBy, type UsageItem, usageBys } from '#contracts/usage.ts';
import { requireProject } from '#core/access.ts';
import { openCursor, sealCursor } from '#core/jobs/cursor.ts';
import { parseWith } from '#core/jobs/parse-job-request.ts';
import { monthOf } from '#core/money/month-of.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import type { LedgerEntry } from '#core/ports/job-store.ts';
import { dayOf } from './list-keys.ts';
import { projectsOf } from './projects-of.ts';
import { makeSums } from './sum-usage.ts';

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

type UsageDeps = Deps<'ledger' | 'projects' | 'months' | 'settings' | 'digest' | 'clock'>;

/** What one call reads: entries of the ledger at once, and altogether before it answers with a cursor. */
const pageEntries = 1_000;
const callEntries = 5_000;
const daysAtOnce = 16;

/**
 * What model calls have used and cost, from the ledger, by whatever `by` says; the month so far by default. A
 * key may come again on a later page: the pages are to be added up.
 *
 * @throws AppError `not_found` (a project that the caller may not touch), `invalid_request`, `invalid_cursor`
 */
export async function readUsage(deps: UsageDeps, caller: Caller, query: unknown): Promise<UsagePage> {
  const { by, project, cursor, ...days } = parseWith(usageQuery, query, 'the query');
  if (project !== undefined) requireProject(caller, project);
  const { from, to } = rangeOf(days, deps.clock.nowMs());
  const projects = project === undefined ? await projectsOf(deps, caller) : [project];
  const purpose = `usage ${by} ${from} ${to} ${project ?? '*'} ${caller.arn}`;
  const after = cursor === undefined ? undefined : parsePosition(openCursor(deps.digest, purpose, cursor));
  const sums = makeSums(by);
  const position = await readLedger(deps, bucketsOf(from, to, projects, after), after?.key, sums.add);
  const budgets = by === 'project' && after === undefined ? await readBudgets(deps, projects) : [];
  return {
    by,
    from,
    to,
    items: sums.items(),
    ...(budgets.length > 0 ? { budgets } : {}),
    ...(position ? { cursor: sealCursor(deps.digest, purpose, formatPosition(position)) } : {}),
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

/** A day of a project. */
interface Bucket {
  day: string;
  project: string;
}

interface Position extends Bucket {
  /** The last entry that was read; '' before the first. */
  key: string;
}

/** Day by day, within a day by project. */
function bucketsOf(from: string, to: string, projects: readonly string[], after?: Position): Bucket[] {
  const count = (Date.parse(to) - Date.parse(from)) / dayMs + 1;
  const days = Array.from({ length: count }, (_, n) => dayOf(Date.parse(from) + n * dayMs));
  const buckets = days.flatMap((day) => [...projects].sort().map((project) => ({ day, project })));
  return after ? buckets.filter((bucket) => orderOf(bucket) >= orderOf(after)) : buckets;
}

function orderOf({ day, project }: Bucket): string {
  return `${day}#${project}`;
}

/** Adds up entries until the buckets are empty, or there were enough for one call: then it says where it is. */
async function readLedger(
  { ledger }: UsageDeps,
  buckets: readonly Bucket[],
  afterKey: string | undefined,
  add: (entry: LedgerEntry) => void,
): Promise<Position | undefined> {
  let read = 0;
  let known = afterKey;
  for (let at = 0; at < buckets.length; at += daysAtOnce) {
    const some = buckets.slice(at, at + daysAtOnce);
    const firsts = await Promise.all(some.map((bucket, n) => pageOf(bucket, n === 0 ? known : undefined)));
    known = undefined;
    for (const [n, bucket] of some.entries()) {
      let page = firsts[n] ?? [];
      for (;;) {
        for (const { entry } of page) add(entry);
        read += page.length;
        const key = page.at(-1)?.key ?? '';
        if (read >= callEntries) return { ...bucket, key };
        if (page.length < pageEntries) break;
        page = await pageOf(bucket, key);
      }
    }
  }
  return undefined;

  function pageOf(bucket: Bucket, after: string | undefined) {
    return ledger.ofDay({ ...bucket, limit: pageEntries, ...(after ? { afterKey: after } : {}) });
  }
}

function formatPosition({ day, project, key }: Position): string {
  return `${day}#${project}#${key}`;
}

function parsePosition(text: string): Position {
  const [day = '', project = ''] = text.split('#', 2);
  return { day, project, key: text.slice(day.length + project.length + 2) };
}
