import { type Command, Option } from 'commander';
import { limits } from '#contracts/limits.ts';
import { type WebhookView, webhookStatuses } from '#contracts/webhook.ts';
import { works } from '../command.ts';
import { formatAge } from '../format.ts';
import { formatTable } from '../table.ts';

interface ListOptions {
  project?: string;
  status?: string;
  limit?: string;
}

/** `muster webhook list`. */
export function addWebhookList(webhook: Command): void {
  const command = webhook
    .command('list')
    .description('list webhooks, newest first')
    .option('--project <name>', 'only this project')
    .addOption(new Option('--status <state>', 'only those; dead ones were given up').choices(webhookStatuses))
    .option('--limit <n>', `how many; default ${limits.pageItemsDefault}`)
    .addHelpText('after', '\nExample:\n  $ muster webhook list --status dead');
  works<[], ListOptions>(command, async ({ out, api }, { project, status, limit }) => {
    const client = await api();
    const wanted = Number(limit ?? limits.pageItemsDefault);
    const items: WebhookView[] = [];
    let cursor: string | undefined;
    do {
      const left = Math.min(limits.pageItemsMax, wanted - items.length);
      const { body } = await client.call('listWebhooks', { query: { project, status, limit: left, cursor } });
      items.push(...body.items);
      cursor = body.cursor;
    } while (cursor !== undefined && items.length < wanted);
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
