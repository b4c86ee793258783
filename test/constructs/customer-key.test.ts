import { describe, expect, test } from '@jest/globals';
import {
  prodSettings,
  propertiesOf,
  type Resource,
  resourcesOf,
  type Statement,
  statementsOf,
  synthesize,
} from '../stacks/synthesize.ts';

const dev = synthesize();
const prod = synthesize({ ...prodSettings, exec: true });
const key = '<CustomerKey.Arn>';
const ownAccount = { StringEquals: { 'aws:SourceAccount': '<AWS::AccountId>' } };

/** Where each type says what it is encrypted with. */
const places: Record<string, (properties: Record<string, unknown>) => unknown> = {
  'AWS::DynamoDB::GlobalTable': ({ Replicas }) =>
    (Replicas as { SSESpecification?: { KMSMasterKeyId: string } }[])[0]?.SSESpecification?.KMSMasterKeyId,
  'AWS::S3::Bucket': ({ BucketEncryption }) =>
    /"KMSMasterKeyID":"([^"]+)"/.exec(JSON.stringify(BucketEncryption))?.[1],
  'AWS::SQS::Queue': ({ KmsMasterKeyId }) => KmsMasterKeyId,
  'AWS::SNS::Topic': ({ KmsMasterKeyId }) => KmsMasterKeyId,
  'AWS::SecretsManager::Secret': ({ KmsKeyId }) => KmsKeyId,
  'AWS::Logs::LogGroup': ({ KmsKeyId }) => KmsKeyId,
};

function holders(template: typeof prod): [string, Resource][] {
  return resourcesOf(template).filter(([, { Type }]) => Type in places);
}

describe('the key of a deployment in prod', () => {
  test('is one, is renewed every year, and outlives the stack, for so does what it encrypts [D4]', () => {
    const keys = resourcesOf(prod, 'AWS::KMS::Key');
    expect(keys).toHaveLength(1);
    expect(keys[0]?.[1]).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: { EnableKeyRotation: true },
    });
  });

  test('encrypts everything that holds something, but what S3 cannot write with it [D4]', () => {
    const without = holders(prod).filter(([, { Type, Properties }]) => places[Type]?.(Properties) !== key);
    expect(without.map(([id]) => id)).toEqual([expect.stringMatching(/^DataAccessLogs/)]);
    const types = new Set(holders(prod).map(([, { Type }]) => Type));
    expect([...types].sort()).toEqual(Object.keys(places).sort());
  });

  test('is not there in dev, where AWS’s own keys cost nothing [D8]', () => {
    expect(resourcesOf(dev, 'AWS::KMS::Key')).toEqual([]);
    for (const [, { Type, Properties }] of holders(dev)) expect(places[Type]?.(Properties)).toBeUndefined();
    expect(JSON.stringify(statementsOf(dev))).not.toContain('kms:');
  });

  test('may be used by the account’s own IAM, by its log groups, and by what publishes to its topics [D4]', () => {
    const { KeyPolicy } = propertiesOf(prod, 'AWS::KMS::Key');
    expect((KeyPolicy as { Statement: unknown[] }).Statement).toEqual([
      {
        Sid: 'AccountDecides',
        Effect: 'Allow',
        Action: 'kms:*',
        Principal: { AWS: 'arn:<AWS::Partition>:iam::<AWS::AccountId>:root' },
        Resource: '*',
      },
      {
        Sid: 'LogGroupsOfThisAccount',
        Effect: 'Allow',
        Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
        Principal: { Service: 'logs.<AWS::Region>.amazonaws.com' },
        Resource: '*',
        Condition: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn':
              'arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:*',
          },
        },
      },
      ...['cloudwatch', 'budgets'].map((service) => ({
        Sid: service === 'cloudwatch' ? 'AlarmsMayPublish' : 'BudgetMayPublish',
        Effect: 'Allow',
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Principal: { Service: `${service}.amazonaws.com` },
        Resource: '*',
        Condition: ownAccount,
      })),
    ]);
  });

  test('is for budgets only where there is one', () => {
    const { access } = prodSettings;
    const { KeyPolicy } = propertiesOf(synthesize({ profile: 'prod', access }), 'AWS::KMS::Key');
    expect(JSON.stringify(KeyPolicy)).not.toContain('budgets');
  });
});

/** Services through which a role may use the key, each with what for. */
function uses(role: string): Record<string, unknown[]> {
  const statements = statementsOf(prod, role).filter(({ Action }) => [Action].flat()[0]?.startsWith('kms:'));
  return Object.fromEntries(statements.map((statement) => [serviceOf(statement), [statement.Action].flat()]));
}

function serviceOf({ Resource, Condition }: Statement): string {
  expect(Resource).toBe(key);
  const { StringEquals } = Condition as { StringEquals: Record<string, string> };
  return StringEquals['kms:ViaService']?.split('.')[0] ?? 'KMS itself';
}

const rows = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];
const send = ['kms:Decrypt', 'kms:GenerateDataKey'];
const read = ['kms:Decrypt'];

describe('the right to use the key', () => {
  test.each([
    ['FunctionsOrchestratorRole', { dynamodb: rows, s3: send, sqs: send }],
    ['FunctionsRunsRole', { dynamodb: rows, s3: send, sqs: send }],
    ['FunctionsStepsRole', { dynamodb: rows, s3: send, sqs: send, sns: send }],
    ['FunctionsWorkerApiRole', { dynamodb: rows, s3: send, sqs: send, secretsmanager: read }],
    ['FunctionsDispatcherRole', { dynamodb: rows, sqs: send }],
    ['FunctionsReconcilerRole', { dynamodb: rows, s3: send, sqs: send, sns: send }],
    ['FunctionsWebhooksRole', { dynamodb: rows, secretsmanager: read }],
    ['FunctionsStreamRole', { dynamodb: rows }],
    ['FunctionWorkerFunctionRole', {}],
  ])('of %s goes as far as its other rights, and through those services alone [D4]', (role, expected) => {
    expect(uses(role)).toEqual(expected);
  });

  test('is missing for nobody who may use what it encrypts [D4]', () => {
    const encrypted = ['dynamodb', 's3', 'sqs', 'sns', 'secretsmanager'];
    const silent = /^(secretsmanager:DescribeSecret|s3:ListBucket)$/;
    for (const [id, { Properties }] of resourcesOf(prod, 'AWS::IAM::Role')) {
      expect(Properties).toBeDefined();
      const role = id.replace(/[0-9A-F]{8}$/, '');
      const statements = statementsOf(prod, role).filter(({ Effect }) => Effect === 'Allow');
      const actions = statements
        .flatMap(({ Action = [] }) => Action)
        .filter((action) => !silent.test(action));
      const wanted = encrypted.filter((service) =>
        actions.some((action) => action.startsWith(`${service}:`)),
      );
      const via = JSON.stringify(statements);
      for (const service of wanted)
        expect([role, service, via.includes(`"${service}.<AWS::Region>.amazonaws.com"`)]).toEqual([
          role,
          service,
          true,
        ]);
    }
  });
});
