import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AttributeType, Billing, ProjectionType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { limits } from '#contracts/limits.ts';
import { responsesFolder, workspacesFolder } from '#contracts/object-keys.ts';
import type { Settings } from '#contracts/settings.ts';

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
  return new TableV2(scope, 'Table', {
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
}

function makeBucket(scope: Construct, settings: Settings): Bucket {
  const bucket = new Bucket(scope, 'Bucket', {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    versioned: settings.profile === 'prod',
    removalPolicy: removalPolicy(settings),
    lifecycleRules: [
      {
        id: 'leftovers',
        abortIncompleteMultipartUploadAfter: Duration.days(1),
        noncurrentVersionExpiration: Duration.days(30),
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
    ],
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'Objects are reached through addresses that Muster signs and logs; access logs would need a second bucket that grows without end. CloudTrail data events are the opt-in for those who must prove access.',
  });
  return bucket;
}
