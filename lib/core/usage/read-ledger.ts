import { dayOf } from './list-keys.ts';
import type { UsageQuestion, UsageSource } from './usage-source.ts';

const dayMs = 86_400_000;
/** What one call reads: entries of the ledger at once, and altogether before it answers with a cursor. */
const pageEntries = 1_000;
const callEntries = 5_000;
const daysAtOnce = 16;

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
function bucketsOf({ from, to, projects }: UsageQuestion, after: Position | undefined): Bucket[] {
  const count = (Date.parse(to) - Date.parse(from)) / dayMs + 1;
  const days = Array.from({ length: count }, (_, n) => dayOf(Date.parse(from) + n * dayMs));
  const buckets = days.flatMap((day) => projects.map((project) => ({ day, project })));
  return after ? buckets.filter((bucket) => orderOf(bucket) >= orderOf(after)) : buckets;
}

function orderOf({ day, project }: Bucket): string {
  return `${day}#${project}`;
}

/** Adds up entries until the buckets are empty, or there were enough for one call: then it says where it is. */
export const readLedger: UsageSource = async ({ ledger }, question, position, sums) => {
  const after = position === undefined ? undefined : parsePosition(position);
  const buckets = bucketsOf(question, after);
  let read = 0;
  let known = after?.key;
  for (let at = 0; at < buckets.length; at += daysAtOnce) {
    const some = buckets.slice(at, at + daysAtOnce);
    const firsts = await Promise.all(some.map((bucket, n) => pageOf(bucket, n === 0 ? known : undefined)));
    known = undefined;
    for (const [n, bucket] of some.entries()) {
      let page = firsts[n] ?? [];
      for (;;) {
        for (const { entry } of page) sums.addCall(entry);
        read += page.length;
        const key = page.at(-1)?.key ?? '';
        if (read >= callEntries) return formatPosition({ ...bucket, key });
        if (page.length < pageEntries) break;
        page = await pageOf(bucket, key);
      }
    }
  }
  return undefined;

  function pageOf(bucket: Bucket, afterKey: string | undefined) {
    return ledger.ofDay({ ...bucket, limit: pageEntries, ...(afterKey ? { afterKey } : {}) });
  }
};

function formatPosition({ day, project, key }: Position): string {
  return `${day}#${project}#${key}`;
}

function parsePosition(text: string): Position {
  const [day = '', project = ''] = text.split('#', 2);
  return { day, project, key: text.slice(day.length + project.length + 2) };
}
