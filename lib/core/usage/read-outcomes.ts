import type { RunStore } from '#core/ports/run-store.ts';
import { isCarriedOut } from './count-work.ts';
import { remaining } from './read-attempts.ts';
import { isWithin, type Span, spanOf } from './span-of.ts';
import type { UsageSums } from './sum-usage.ts';
import type { UsageSource } from './usage-source.ts';

/** What one call reads: runs at once, and altogether before it answers with a cursor. */
const pageRuns = 50;
const callRuns = 500;

/** Actions and runs that ended in these days. Jobs have no part in them, so that it is not asked by job. */
export const readOutcomes: UsageSource = async ({ runs }, { projects, by, ...days }, position, sums) => {
  if (by === 'job') return undefined;
  const span = spanOf(days);
  let read = 0;
  for (const { project, beforeKey } of remaining(projects, position, span)) {
    for (let key = beforeKey; ; ) {
      const page = await runs.listedRuns({ project, beforeKey: key, limit: pageRuns });
      await Promise.all(page.map(({ id }) => addRun(runs, id, span, sums)));
      read += page.length;
      if (page.length < pageRuns) break;
      key = page.at(-1)?.key ?? '';
      if (read >= callRuns) return `${project}#${key}`;
    }
  }
  return undefined;
};

/** One that had ended before is looked at no further: its cycles had, too. */
async function addRun(
  { runs, cycles }: Pick<RunStore, 'runs' | 'cycles'>,
  id: string,
  span: Span,
  sums: UsageSums,
): Promise<void> {
  const run = await runs.get(id);
  if (!run || (run.endedAtMs ?? span.fromMs) < span.fromMs) return;
  if (isWithin(span, run.endedAtMs)) sums.addRun(run);
  for (const { actions } of await cycles.ofRun(id))
    for (const action of actions)
      if (isCarriedOut(action) && isWithin(span, action.endedAtMs)) sums.addAction(run, action);
}
