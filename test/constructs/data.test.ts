import { describe, expect, test } from '@jest/globals';
import { limits } from '#contracts/limits.ts';
import { prodSettings, propertiesOf, type Resource, resourcesOf, synthesize } from '../stacks/synthesize.ts';

const dev = synthesize();
const prod = synthesize(prodSettings);
const table = propertiesOf(dev, 'AWS::DynamoDB::GlobalTable');
const bucket = propertiesOf(dev, 'AWS::S3::Bucket');
const prodBucket = propertiesOf(prod, 'AWS::S3::Bucket', 'DataBucket');

function keep(given: object): (string | undefined)[] {
  const isData = ([, { Type }]: [string, Resource]) => /GlobalTable$|S3::Bucket$/.test(Type);
  return resourcesOf(synthesize(given))
    .filter(isData)
    .map(([, resource]) => resource.DeletionPolicy);
}

describe('the table', () => {
  test('has keys pk and sk and costs nothing while nobody asks', () => {
    expect(table).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    });
  });

  test.each([
    ['queued', 'queuedShard', 'queuedKey', 'S'],
    ['due', 'dueShard', 'dueAtMs', 'N'],
    ['listed', 'listShard', 'listKey', 'S'],
  ])('has the index %s over %s and %s, which holds keys only', (IndexName, hash, range, rangeType) => {
    expect(table.GlobalSecondaryIndexes).toContainEqual({
      IndexName,
      KeySchema: [
        { AttributeName: hash, KeyType: 'HASH' },
        { AttributeName: range, KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    });
    expect(table.AttributeDefinitions).toContainEqual({ AttributeName: range, AttributeType: rangeType });
    expect(table.AttributeDefinitions).toContainEqual({ AttributeName: hash, AttributeType: 'S' });
  });

  test('drops rows whose expiresAt has passed', () => {
    expect(table.TimeToLiveSpecification).toEqual({ AttributeName: 'expiresAt', Enabled: true });
  });

  test.each([
    ['dev', dev],
    ['prod', prod],
  ])('can be put back to any second of the last weeks in %s [D7]', (_profile, template) => {
    const { Replicas } = propertiesOf(template, 'AWS::DynamoDB::GlobalTable');
    expect(Replicas).toEqual([
      expect.objectContaining({ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }),
    ]);
  });

  test('cannot be deleted by mistake in prod', () => {
    expect(propertiesOf(prod, 'AWS::DynamoDB::GlobalTable').Replicas).toEqual([
      expect.objectContaining({ DeletionProtectionEnabled: true }),
    ]);
  });
});

describe('the bucket', () => {
  test('is closed to the public and to access control lists [D4]', () => {
    expect(bucket).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    });
  });

  test('refuses what does not come over TLS [D4]', () => {
    expect(propertiesOf(dev, 'AWS::S3::BucketPolicy').PolicyDocument).toMatchObject({
      Statement: [
        {
          Effect: 'Deny',
          Action: 's3:*',
          Principal: { AWS: '*' },
          Resource: ['<DataBucket.Arn>', '<DataBucket.Arn>/*'],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    });
  });

  test('encrypts at rest [D4]', () => {
    expect(JSON.stringify(bucket.BucketEncryption)).toContain('"SSEAlgorithm":"AES256"');
  });

  test('keeps versions in prod only', () => {
    expect(prodBucket.VersioningConfiguration).toEqual({ Status: 'Enabled' });
    expect(bucket.VersioningConfiguration).toBeUndefined();
  });

  test('drops uploads that were never finished, old versions, workspaces that no job can need any more, and cached answers', () => {
    expect(bucket.LifecycleConfiguration).toEqual({
      Rules: [
        {
          Id: 'leftovers',
          Status: 'Enabled',
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
          NoncurrentVersionExpiration: { NoncurrentDays: 30 },
        },
        { Id: 'workspaces', Status: 'Enabled', Prefix: 'workspaces/', ExpirationInDays: 28 },
        { Id: 'responses', Status: 'Enabled', Prefix: 'responses/', ExpirationInDays: 30 },
        {
          Id: 'tiers',
          Status: 'Enabled',
          Prefix: 'projects/',
          ObjectSizeGreaterThan: '131072',
          Transitions: [{ StorageClass: 'INTELLIGENT_TIERING', TransitionInDays: 30 }],
        },
      ],
    });
  });

  test('moves nothing into a tier that delays a read, and nothing that a live job may need [D8]', () => {
    for (const template of [dev, prod])
      for (const [, { Properties }] of resourcesOf(template, 'AWS::S3::Bucket')) {
        expect(Properties.IntelligentTieringConfigurations).toBeUndefined();
        expect(JSON.stringify(Properties)).not.toMatch(/GLACIER|DEEP_ARCHIVE/);
      }
    // The latest a job can end, in days.
    expect(limits.deadlineSecondsMax / 86_400).toBeLessThan(30);
  });

  test('keeps old versions for a quarter of a year in prod', () => {
    expect(JSON.stringify(prodBucket.LifecycleConfiguration)).toContain('"NoncurrentDays":90');
  });

  test('is encrypted in prod by a key for many objects at once, which saves calls of KMS [D4]', () => {
    expect(prodBucket.BucketEncryption).toEqual({
      ServerSideEncryptionConfiguration: [
        {
          BucketKeyEnabled: true,
          ServerSideEncryptionByDefault: {
            KMSMasterKeyID: '<CustomerKey.Arn>',
            SSEAlgorithm: 'aws:kms',
          },
        },
      ],
    });
  });

  test('has it written down in prod who asked for what, for as long as logs are kept [D4]', () => {
    expect(prodBucket.LoggingConfiguration).toEqual({ DestinationBucketName: '<DataAccessLogs>' });
    expect(propertiesOf(prod, 'AWS::S3::Bucket', 'DataAccessLogs')).toMatchObject({
      LifecycleConfiguration: { Rules: [{ Id: 'old', Status: 'Enabled', ExpirationInDays: 90 }] },
      PublicAccessBlockConfiguration: { BlockPublicPolicy: true, RestrictPublicBuckets: true },
    });
    expect(bucket.LoggingConfiguration).toBeUndefined();
  });
});

describe('deleting the stack', () => {
  test('leaves table and bucket unless settings say otherwise [A8]', () => {
    expect(keep({})).toEqual(['Retain', 'Retain']);
    expect(keep(prodSettings)).toEqual(['Retain', 'Retain', 'Retain']);
  });

  test('removes both with dataOnDelete: destroy, without a function that empties the bucket [A8]', () => {
    expect(keep({ dataOnDelete: 'destroy' })).toEqual(['Delete', 'Delete']);
    const template = synthesize({ dataOnDelete: 'destroy' });
    expect(resourcesOf(template).filter(([, { Type }]) => Type.startsWith('Custom::'))).toEqual([]);
  });
});
