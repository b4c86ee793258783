import type { CfnGlobalTable, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { CfnQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import type { Settings } from '#contracts/settings.ts';
import { customerKey } from './customer-key.ts';

/*
 * CDK's own way to name a key also gives rights on it: to everybody in the account through Secrets Manager, to the
 * reader of a queue beyond it, and for a table it wants to know the region. Here the key is named and nothing else.
 */

export function encryptSecret(secret: Secret, settings: Settings): void {
  const key = customerKey(secret, settings);
  if (key) (secret.node.defaultChild as CfnSecret).kmsKeyId = key.keyArn;
}

export function encryptQueue(queue: Queue, settings: Settings): void {
  const key = customerKey(queue, settings);
  if (!key) return;
  const resource = queue.node.defaultChild as CfnQueue;
  resource.sqsManagedSseEnabled = undefined;
  resource.kmsMasterKeyId = key.keyArn;
}

export function encryptTable(table: TableV2, settings: Settings): void {
  const key = customerKey(table, settings);
  if (!key) return;
  const resource = table.node.defaultChild as CfnGlobalTable;
  resource.sseSpecification = { sseEnabled: true, sseType: 'KMS' };
  resource.addPropertyOverride('Replicas.0.SSESpecification', { KMSMasterKeyId: key.keyArn });
}
