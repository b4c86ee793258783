import type { Command } from 'commander';
import { addWebhookList } from './webhook-list.ts';
import { addWebhookReplay } from './webhook-replay.ts';
import { addWebhookSecret } from './webhook-secret.ts';
import { addWebhookShow } from './webhook-show.ts';
import { addWebhookVerify } from './webhook-verify.ts';

/** `muster webhook …`: what receivers were told, and by which secret. */
export function addWebhook(program: Command): void {
  const webhook = program
    .command('webhook')
    .helpCommand(false)
    .description('what receivers are told: list, show, replay; signing secrets, verify');
  addWebhookList(webhook);
  addWebhookShow(webhook);
  addWebhookReplay(webhook);
  addWebhookSecret(webhook);
  addWebhookVerify(webhook);
}
