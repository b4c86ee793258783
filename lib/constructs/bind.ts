import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { projectsFolder, responsesFolder, workspacesFolder } from '#contracts/object-keys.ts';
import { logicalId } from './acknowledge.ts';
import type { ControlFunction } from './control-function.ts';
import type { TableIndex } from './data.ts';

/*
 * A function learns of a resource and is allowed to use it in one call, so that neither comes without the other.
 * Actions are named one by one: CDK's own grants would bring Scan, BatchWrite and `index/*`.
 */

export interface TableUse {
  /** Actions on the table itself, without the `dynamodb:`. */
  readonly actions: readonly ('GetItem' | 'PutItem' | 'UpdateItem' | 'Query' | 'BatchGetItem')[];
  /** Indexes that may be queried. @default none */
  readonly indexes?: readonly TableIndex[];
}

/** What every function does to rows: all of them pass on what a row says must follow. */
export const rowActions = ['GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem'] as const;

export function bindTable(fn: ControlFunction, table: TableV2, use: TableUse): void {
  fn.give('TABLE_NAME', table.tableName);
  fn.allow(
    use.actions.map((action) => `dynamodb:${action}`),
    [table.tableArn],
  );
  const indexes = use.indexes ?? [];
  if (indexes.length === 0) return;
  fn.allow(
    ['dynamodb:Query'],
    indexes.map((index) => `${table.tableArn}/index/${index}`),
  );
}

/** Everything that Muster keeps in the bucket lies below this. */
const projectObjects = `${projectsFolder}*`;

export function bindBucket(fn: ControlFunction, bucket: Bucket): void {
  fn.give('BUCKET_NAME', bucket.bucketName);
  fn.allow(['s3:GetObject', 's3:PutObject'], [bucket.arnForObjects(projectObjects)]);
  fn.acknowledgeWildcard(
    `<${logicalId(bucket)}.Arn>/${projectObjects}`,
    'Projects are made as people name them; the function checks the caller against the project.',
  );
  // Only who may list is told that an object is missing (404); others get 403. Such a request has no prefix.
  fn.allow(['s3:ListBucket'], [bucket.bucketArn], { StringLikeIfExists: { 's3:prefix': [projectObjects] } });
}

/** Workspaces at checkpoints: the only objects that anybody but a person may delete. */
export function bindWorkspaces(fn: ControlFunction, bucket: Bucket): void {
  const workspaces = `${workspacesFolder}*`;
  fn.allow(['s3:DeleteObject', 's3:GetObject', 's3:PutObject'], [bucket.arnForObjects(workspaces)]);
  fn.acknowledgeWildcard(
    `<${logicalId(bucket)}.Arn>/${workspaces}`,
    'Jobs are made at run time; what may be deleted is a folder of its own, which holds nothing that lasts.',
  );
}

/** Answers that are kept for identical requests. */
export function bindResponses(fn: ControlFunction, bucket: Bucket): void {
  const responses = `${responsesFolder}*`;
  fn.allow(['s3:GetObject', 's3:PutObject'], [bucket.arnForObjects(responses)]);
  fn.acknowledgeWildcard(
    `<${logicalId(bucket)}.Arn>/${responses}`,
    'Answers lie under the digests of requests; the function takes the project from the row of the job that asks.',
  );
}

export function bindQueue(fn: ControlFunction, queue: Queue): void {
  fn.give('QUEUE_URL', queue.queueUrl);
  fn.allow(['sqs:SendMessage'], [queue.queueArn]);
}

export function bindSecret(fn: ControlFunction, secret: Secret): void {
  fn.give('PROVIDER_SECRET_ARN', secret.secretArn);
  fn.allow(['secretsmanager:GetSecretValue'], [secret.secretArn]);
}

/** Which providers have a key: tags say so, and whoever reads tags need not be able to read the keys. */
export function bindSecretTags(fn: ControlFunction, secret: Secret): void {
  fn.give('PROVIDER_SECRET_ARN', secret.secretArn);
  fn.allow(['secretsmanager:DescribeSecret'], [secret.secretArn]);
}
