import { type Command, Option } from 'commander';
import type { ApiClient } from '#adapters/client/api-client.ts';
import {
  addUsage as add,
  type MonthBudget,
  noUsage,
  noWork,
  plusWork,
  toMicroUsd,
  toUsd,
  type UsageItem,
  usageBys,
} from '#contracts/usage.ts';
import { type Figures, figuresOf } from '#core/usage/figures.ts';
import { nearLimitLines } from './budget-lines.ts';
import { works } from './command.ts';
import { formatDuration, formatUsd } from './format.ts';
import { formatTable } from './table.ts';

interface UsageOptions {
  by: string;
  project?: string;
  from?: string;
  to?: string;
}

/** `muster usage`: tokens and money, added up. */
export function addUsage(program: Command): void {
  const command = program
    .command('usage')
    .description(
      'what model calls have used and cost, and how the work went, this month or from one day to another',
    )
    .addOption(new Option('--by <what>', 'what to count by').choices(usageBys).default('project'))
    .option('--project <name>', 'only this project')
    .option('--from <day>', 'the first day, like 2026-11-01 (UTC)')
    .option('--to <day>', 'the last day; default: today')
    .addHelpText(
      'after',
      '\nExamples:\n  $ muster usage\n  $ muster usage --by agent\n  $ muster usage --by model --from 2026-11-01',
    );
  works<[], UsageOptions>(command, async ({ out, api }, options) => {
    const client = await api();
    const { by, from, to, items: sums, budgets } = await readUsage(client, options);
    const days = (Date.parse(to) - Date.parse(from)) / dayMs + 1;
    const items = sums.map((item) => ({ ...item, figures: figuresOf(item, by === 'day' ? 1 : days) }));
    const sum = totalOf(sums);
    const total = { ...sum, figures: figuresOf(sum, days) };
    out.answer({ by, from, to, items, total, ...(budgets && { budgets }) }, () =>
      items.length === 0
        ? [`Nothing was used from ${from} to ${to}.`]
        : [...usageTable(by, items, total), ...workTable(by, items, total)],
    );
    for (const line of nearLimitLines(budgets ?? [], out)) out.note(line);
    out.note(
      out.paint('gray', `${from} to ${to}, UTC${client.target.offlineModel ? `; ${prewritten}` : ''}`),
    );
    return 0;
  });
}

const dayMs = 86_400_000;
const prewritten = "by the price list: the offline model's words are not paid for";

/** All pages, added up: a key may come on several. */
async function readUsage(api: ApiClient, { by, project, from, to }: UsageOptions) {
  const sums = new Map<string, UsageItem>();
  let cursor: string | undefined;
  let budgets: MonthBudget[] | undefined;
  for (;;) {
    const { body } = await api.call('readUsage', { query: { by, project, from, to, cursor } });
    for (const item of body.items) sums.set(item.key, plus(sums.get(item.key), item));
    cursor = body.cursor;
    // They come with the first page.
    budgets ??= body.budgets;
    if (cursor === undefined) return { ...body, budgets, items: [...sums.values()] };
  }
}

function plus(known: UsageItem | undefined, item: UsageItem): UsageItem {
  if (!known) return item;
  return {
    key: item.key,
    calls: known.calls + item.calls,
    usage: add(known.usage, item.usage),
    // Each is whole micro-dollars; adding them as floats would leave crumbs.
    costUsd: toUsd(toMicroUsd(known.costUsd + item.costUsd)),
    cachedAnswers: known.cachedAnswers + item.cachedAnswers,
    savedUsd: toUsd(toMicroUsd(known.savedUsd + item.savedUsd)),
    claudeTokens: known.claudeTokens + item.claudeTokens,
    work: plusWork(known.work, item.work),
  };
}

function totalOf(items: readonly UsageItem[]): Omit<UsageItem, 'key'> {
  const { key: _, ...total } = items.reduce<UsageItem>((sum, item) => plus(sum, { ...item, key: '' }), {
    key: '',
    calls: 0,
    usage: noUsage,
    costUsd: 0,
    cachedAnswers: 0,
    savedUsd: 0,
    claudeTokens: 0,
    work: noWork,
  });
  return total;
}

type Shown = UsageItem & { figures: Figures };

/** How the work went, where there was any. */
function workTable(by: string, items: readonly Shown[], total: Omit<Shown, 'key'>): string[] {
  const worked = items.filter(({ work }) => work.attempts + work.actions + work.runs > 0);
  if (worked.length === 0) return [];
  const rows = worked.length === 1 ? worked : [...worked, { key: 'all', ...total }];
  const column = (title: string, value: (item: Shown) => string) => ({
    title,
    value,
    align: 'right' as const,
  });
  const share = (title: string, of: keyof Figures) =>
    column(title, ({ figures }) => (figures[of] === undefined ? '' : `${Math.round(figures[of] * 100)} %`));
  const time = (title: string, of: keyof Figures) =>
    column(title, ({ figures }) =>
      figures[of] === undefined ? '' : formatDuration(Math.round(figures[of] * 1_000)),
    );
  const lines = formatTable(rows, [
    { title: by.toUpperCase(), value: ({ key }) => key },
    column('ATTEMPTS', ({ work }) => String(work.attempts)),
    time('EACH', 'secondsPerAttempt'),
    share('JOBS OK', 'successRate'),
    column('VCPU HOURS', ({ work }) => (work.vcpuSeconds / 3_600).toFixed(2)),
    column('TASKS', ({ work }) => (work.actions === 0 ? '' : `${work.actionsDone}/${work.actions}`)),
    column('A DAY', ({ figures }) => figures.tasksPerDay?.toFixed(1) ?? ''),
    share('AT ONCE', 'integrationSuccess'),
    share('QUALITY', 'quality'),
    time('TO DONE', 'secondsToDone'),
    share('RUNS OK', 'runSuccessRate'),
    share('CLAUDE', 'claudeShare'),
  ]);
  return ['', ...lines];
}

function usageTable(by: string, items: readonly UsageItem[], total: Omit<UsageItem, 'key'>): string[] {
  const rows = items.length === 1 ? items : [...items, { key: 'all', ...total }];
  const number = (title: string, value: (item: UsageItem) => number) => ({
    title,
    value: (item: UsageItem) => value(item).toLocaleString('en-US'),
    align: 'right' as const,
  });
  return formatTable(rows, [
    { title: by.toUpperCase(), value: ({ key }) => key },
    number('CALLS', ({ calls }) => calls),
    number('INPUT', ({ usage }) => usage.inputTokens),
    number('CACHE READ', ({ usage }) => usage.cacheReadTokens),
    number('CACHE WRITE', ({ usage }) => usage.cacheWriteTokens),
    number('OUTPUT', ({ usage }) => usage.outputTokens),
    number('CACHED', ({ cachedAnswers }) => cachedAnswers),
    { title: 'COST', value: ({ costUsd }) => formatUsd(costUsd), align: 'right' },
  ]);
}
