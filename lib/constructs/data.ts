import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AttributeType, Billing, ProjectionType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type CfnBucket,
  type LifecycleRule,
  ObjectOwnership,
  StorageClass,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { limits } from '#contracts/limits.ts';
import { projectsFolder, responsesFolder, workspacesFolder } from '#contracts/object-keys.ts';
import type { Settings } from '#contracts/settings.ts';
import { customerKey } from './customer-key.ts';
import { encryptTable } from './encrypt.ts';

export interface DataProps {
  readonly settings: Settings;
}

/** Names of the table's sparse indexes. All are KEYS_ONLY: whoever reads them reads the row itself afterwards. */
export const tableIndexes = { queued: 'queued', due: 'due', listed: 'listed' } as const;
export type TableIndex = keyof typeof tableIndexes;

/**
 * Where everything is kept: one table for rows, one bucket for bodies. With `dataOnDelete: destroy` the bucket
 * must be empty when the stack goes; `muster destroy` empties it first, so that no function with the right to
 * delete everything has to be deployed for it.
 */
export class Data extends Construct {
  readonly table: TableV2;
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: DataProps) {
    super(scope, id);
    this.table = makeTable(this, props.settings);
    this.bucket = makeBucket(this, props.settings);
  }
}

function removalPolicy(settings: Settings): RemovalPolicy {
  return settings.dataOnDelete === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN;
}

function makeTable(scope: Construct, settings: Settings): TableV2 {
  const text = (name: string) => ({ name, type: AttributeType.STRING });
  const projectionType = ProjectionType.KEYS_ONLY;
  const table = new TableV2(scope, 'Table', {
    partitionKey: text('pk'),
    sortKey: text('sk'),
    billing: Billing.onDemand(),
    encryption: TableEncryptionV2.dynamoOwnedKey(),
    timeToLiveAttribute: 'expiresAt',
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: settings.profile === 'prod',
    removalPolicy: removalPolicy(settings),
    globalSecondaryIndexes: [
      {
        indexName: tableIndexes.queued,
        partitionKey: text('queuedShard'),
        sortKey: text('queuedKey'),
        projectionType,
      },
      {
        indexName: tableIndexes.due,
        partitionKey: text('dueShard'),
        sortKey: { name: 'dueAtMs', type: AttributeType.NUMBER },
        projectionType,
      },
      {
        indexName: tableIndexes.listed,
        partitionKey: text('listShard'),
        sortKey: text('listKey'),
        projectionType,
      },
    ],
  });
  encryptTable(table, settings);
  return table;
}

function makeBucket(scope: Construct, settings: Settings): Bucket {
  const isProd = settings.profile === 'prod';
  const key = customerKey(scope, settings);
  const rules = lifecycleRules(settings);
  const bucket = new Bucket(scope, 'Bucket', {
    ...closed(settings),
    ...(key
      ? // A key for the bucket's objects of some time, so that KMS is not asked for each of them.
        { encryption: BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true }
      : { encryption: BucketEncryption.S3_MANAGED }),
    versioned: isProd,
    ...(isProd && { serverAccessLogsBucket: makeAccessLogs(scope, settings) }),
    lifecycleRules: rules,
  });
  // CDK writes a number where CloudFormation has a text, and its own validation warns of that.
  const tiers = `LifecycleConfiguration.Rules.${rules.length - 1}`;
  const resource = bucket.node.defaultChild as CfnBucket;
  resource.addPropertyOverride(`${tiers}.ObjectSizeGreaterThan`, String(tierFromBytes));
  if (!isProd)
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Development: objects are reached through addresses that Muster signs and logs. The prod profile has access logs.',
    });
  return bucket;
}

/** For our eyes only, and by TLS. */
function closed(settings: Settings): BucketProps {
  return {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    removalPolicy: removalPolicy(settings),
  };
}

/** Days before what nobody reads is worth a cheaper place; S3's own classes look at a month of use, too. */
const tierAfterDays = 30;
/** Smaller objects stay where they are: they are never tiered, and moving them would cost more than it saves. */
const tierFromBytes = 131_072;
const oldVersionDays = { dev: 30, prod: 90 } as const;

function lifecycleRules({ profile }: Settings): LifecycleRule[] {
  return [
    {
      id: 'leftovers',
      abortIncompleteMultipartUploadAfter: Duration.days(1),
      noncurrentVersionExpiration: Duration.days(oldVersionDays[profile]),
    },
    // Twice as long as any job may live: what a job may still need is never as old as that.
    {
      id: 'workspaces',
      prefix: workspacesFolder,
      expiration: Duration.seconds(2 * limits.deadlineSecondsMax),
    },
    // No request may ask for an older one.
    {
      id: 'responses',
      prefix: responsesFolder,
      expiration: Duration.hours(limits.responseCacheHours),
    },
    // No tier of it delays a read: its archives, which do, have to be asked for, and are not. It stays the last.
    {
      id: 'tiers',
      prefix: projectsFolder,
      objectSizeGreaterThan: tierFromBytes,
      transitions: [
        { storageClass: StorageClass.INTELLIGENT_TIERING, transitionAfter: Duration.days(tierAfterDays) },
      ],
    },
  ];
}

/** Who asked for which object. S3 writes such logs only into a bucket that its own keys encrypt. */
function makeAccessLogs(scope: Construct, settings: Settings): Bucket {
  const bucket = new Bucket(scope, 'AccessLogs', {
    ...closed(settings),
    encryption: BucketEncryption.S3_MANAGED,
    lifecycleRules: [{ id: 'old', expiration: Duration.days(settings.logRetentionDays) }],
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason: 'It holds the access logs: logging who reads them would go round in a circle.',
  });
  return bucket;
}
