import type { Command } from 'commander';
import { works } from '../command.ts';
import { counted } from '../format.ts';
import { printable, printableLine } from '../printable.ts';
import { formatFields } from '../table.ts';

/** `muster webhook show ID`. */
export function addWebhookShow(webhook: Command): void {
  const command = webhook
    .command('show')
    .description('show one webhook: its tries, why it failed, what it says')
    .argument('<id>', 'its id')
    .addHelpText('after', '\nExample:\n  $ muster webhook show wh-0123456789abcdef0123456789abcdef');
  works<[string], object>(command, async ({ out, api }, _options, id) => {
    const { body: found } = await (await api()).call('readWebhook', { params: { id } });
    out.answer(found, () => [
      ...formatFields([
        ['webhook', found.id],
        ['event', `${found.event} of ${found.subject}`],
        ['project', found.project],
        ['to', printableLine(found.url)],
        ['status', found.status],
        [
          'tries',
          `${found.tries}${found.replays === 0 ? '' : `, after ${counted(found.replays, 'replay')}`}`,
        ],
        ['last answer', found.lastStatus === undefined ? 'none' : String(found.lastStatus)],
        ['reason', printableLine(found.reason ?? '–')],
        ['created', found.createdAt],
        ['next try', found.nextTryAt ?? '–'],
        ['ended', found.endedAt ?? '–'],
      ]),
      '',
      printable(found.body),
    ]);
    return 0;
  });
}
