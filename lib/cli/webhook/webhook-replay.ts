import type { Command } from 'commander';
import { works } from '../command.ts';

/** `muster webhook replay ID`. */
export function addWebhookReplay(webhook: Command): void {
  const command = webhook
    .command('replay')
    .description('send a webhook again, under its own id and with all its tries')
    .argument('<id>', 'its id')
    .addHelpText(
      'after',
      '\nAn address that had answered 410 is used again.\n\nExample:\n  $ muster webhook replay wh-0123456789abcdef0123456789abcdef',
    );
  works<[string], object>(command, async ({ out, api }, _options, id) => {
    const { body } = await (await api()).call('replayWebhook', { params: { id } });
    out.answer(body, () => [body.id]);
    out.note(
      out.paint('gray', `${body.status}; it is sent within a minute · muster webhook show ${body.id}`),
    );
    return 0;
  });
}
