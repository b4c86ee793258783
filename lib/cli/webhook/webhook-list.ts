import { type Command, Option } from 'commander';
import { limits } from '#contracts/limits.ts';
import { type WebhookView, webhookStatuses } from '#contracts/webhook.ts';
import { works } from '../command.ts';
import { formatAge } from '../format.ts';
import { limitOption, takeItems } from '../pages.ts';
import { formatTable } from '../table.ts';

interface ListOptions {
  project?: string;
  status?: string;
  limit?: number;
}

/** `muster webhook list`. */
export function addWebhookList(webhook: Command): void {
  const command = webhook
    .command('list')
    .description('list webhooks, newest first')
    .option('--project <name>', 'only this project')
    .addOption(new Option('--status <state>', 'only those; dead ones were given up').choices(webhookStatuses))
    .addOption(limitOption())
    .addHelpText('after', '\nExample:\n  $ muster webhook list --status dead');
  works<[], ListOptions>(command, async ({ out, api }, options) => {
    const { project, status, limit = limits.pageItemsDefault } = options;
    const client = await api();
    const items = await takeItems<WebhookView>(limit, (place) =>
      client.call('listWebhooks', { query: { project, status, ...place } }),
    );
    out.answer({ items }, () => (items.length === 0 ? ['There are none.'] : webhookTable(items)));
    return 0;
  });
}

function webhookTable(items: readonly WebhookView[]): string[] {
  return formatTable(items, [
    { title: 'ID', value: ({ id }) => id },
    { title: 'EVENT', value: ({ event }) => event },
    { title: 'SUBJECT', value: ({ subject }) => subject },
    { title: 'STATUS', value: ({ status }) => status },
    { title: 'TRIES', value: ({ tries }) => String(tries), align: 'right' },
    { title: 'ANSWER', value: ({ lastStatus }) => String(lastStatus ?? '–'), align: 'right' },
    { title: 'AGE', value: ({ createdAt }) => formatAge(Date.now() - Date.parse(createdAt)), align: 'right' },
  ]);
}
