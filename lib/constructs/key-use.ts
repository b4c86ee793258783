import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';

const read = ['kms:Decrypt', 'kms:DescribeKey'];
const write = ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];
const send = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** What each call makes its service do with the key in the caller's name. Sources: each service's guide on KMS. */
const needs: Readonly<Record<string, readonly string[]>> = {
  'dynamodb:BatchGetItem': read,
  'dynamodb:GetItem': read,
  'dynamodb:Query': read,
  'dynamodb:DeleteItem': [...read, ...write],
  'dynamodb:PutItem': [...read, ...write],
  'dynamodb:UpdateItem': [...read, ...write],
  's3:GetObject': ['kms:Decrypt'],
  's3:PutObject': send,
  'secretsmanager:GetSecretValue': ['kms:Decrypt'],
  'sns:Publish': send,
  'sqs:SendMessage': send,
};

/**
 * The rights on the key that go with these rights on what it encrypts: through that service, and not by calling KMS.
 * Nothing for calls that touch nothing encrypted.
 */
export function keyUse(key: IKey, actions: readonly string[]): PolicyStatement[] {
  const services = [...new Set(actions.map((action) => action.split(':')[0] ?? ''))];
  return services.flatMap((service) => {
    const own = actions.filter((action) => action.startsWith(`${service}:`));
    const wanted = [...new Set(own.flatMap((action) => needs[action] ?? []))];
    if (wanted.length === 0) return [];
    return new PolicyStatement({
      actions: wanted,
      resources: [key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `${service}.${Aws.REGION}.amazonaws.com` } },
    });
  });
}
