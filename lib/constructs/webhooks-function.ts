import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Settings } from '#contracts/settings.ts';
import { bindTable } from './bind.ts';
import { bindWebhookSecret } from './bind-webhooks.ts';
import { giveWorkerRoles } from './bind-worker.ts';
import { ControlFunction } from './control-function.ts';
import type { Data } from './data.ts';
import type { FunctionWorker } from './function-worker.ts';
import type { WebhookSecret } from './webhook-secret.ts';
import type { Worker } from './worker.ts';

export interface WebhooksFunctionProps {
  readonly settings: Settings;
  readonly data: Data;
  readonly worker: Worker;
  readonly functionWorker: FunctionWorker;
  readonly webhookSecret: WebhookSecret;
}

/**
 * The one function that sends something to addresses that users chose. It reads no objects and no keys of providers,
 * and alone has what signatures are made of; so it also answers the routes that show secrets.
 */
export class WebhooksFunction extends ControlFunction {
  constructor(scope: Construct, id: string, props: WebhooksFunctionProps) {
    const { settings, data, worker, functionWorker, webhookSecret } = props;
    super(scope, id, {
      settings,
      entry: 'webhooks',
      description: 'Sends webhooks, and answers the HTTP API for them',
      // Receivers are waited for 15 s, side by side.
      timeout: Duration.seconds(45),
      memoryMiB: 256,
    });
    bindTable(this, data.table, {
      actions: ['GetItem', 'PutItem'],
      indexes: ['listed'],
    });
    bindWebhookSecret(this, webhookSecret.secret);
    giveWorkerRoles(this, worker, functionWorker);
    this.give('ACCESS', JSON.stringify(settings.access));
    // On this machine alone a receiver may be next door.
    this.give('LOOPBACK_WEBHOOKS', 'false');
    // What could not be sent is due again: Lambda's own tries would only come between.
    this.configureAsyncInvoke({ retryAttempts: 0 });
  }
}
