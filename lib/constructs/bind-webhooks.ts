import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ControlFunction } from './control-function.ts';

/** Having webhooks sent: calling the one function that sends them. */
export function bindDeliveries(fn: ControlFunction, webhooks: ControlFunction): void {
  fn.give('WEBHOOKS_FUNCTION_ARN', webhooks.functionArn);
  fn.allow(['lambda:InvokeFunction'], [webhooks.functionArn]);
}

/** Signing: reading what the secrets of projects are derived from. */
export function bindWebhookSecret(fn: ControlFunction, secret: Secret): void {
  fn.give('WEBHOOK_SECRET_ARN', secret.secretArn);
  fn.allow(['secretsmanager:GetSecretValue'], [secret.secretArn]);
}
