import type { JsonObject } from './json.ts';
import { accountId, arnOf, region } from './place.ts';
import { type Create, parse } from './resource-context.ts';
import { generateSecretString } from './secrets.ts';

const createTable: Create = async ({ dynamo }, { name, properties }) => {
  const { arn, tableName } = await dynamo.ensureTable({ ...properties, TableName: name });
  return { ref: tableName, attributes: { Arn: arn } };
};

const createBucket: Create = ({ s3 }, { name }) => {
  const bucket = name.toLowerCase();
  s3.ensureBucket(bucket);
  const DomainName = `${bucket}.s3.amazonaws.com`;
  const RegionalDomainName = `${bucket}.s3.${region}.amazonaws.com`;
  return { ref: bucket, attributes: { Arn: `arn:aws:s3:::${bucket}`, DomainName, RegionalDomainName } };
};

const createQueue: Create = async ({ messaging }, { name, properties }) => {
  const { arn, url } = await messaging.ensureQueue({ ...properties, QueueName: name });
  return { ref: url, attributes: { Arn: arn, QueueName: name, QueueUrl: url } };
};

const createTopic: Create = async ({ messaging }, { name }) => {
  const arn = await messaging.ensureTopic(name);
  return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
};

const createSecret: Create = ({ secrets, secretValue }, { name, properties }) => {
  const { SecretString, GenerateSecretString } = properties;
  // Made once and kept, as CloudFormation does; nobody else has a say in it.
  if (GenerateSecretString !== undefined) {
    const arn = secrets.setGenerated(name, parse(generateSecretString, GenerateSecretString as JsonObject));
    return { ref: arn, attributes: { Id: arn } };
  }
  const initial = typeof SecretString === 'string' ? SecretString : undefined;
  const arn = secrets.setSecret(name, secretValue(name) ?? secrets.getSecret(name) ?? initial);
  return { ref: arn, attributes: { Id: arn } };
};

const createRole: Create = (_, { name, logicalId }) => ({
  ref: name,
  attributes: { Arn: `arn:aws:iam::${accountId}:role/${name}`, RoleId: logicalId },
});

const createLogGroup: Create = (_, { name }) => ({
  ref: name,
  attributes: { Arn: arnOf('logs', `log-group:${name}:*`) },
});

const createAlarm: Create = ({ cloudWatch }, { name, properties }) => {
  const { arn } = cloudWatch.addAlarm(name, properties);
  return { ref: name, attributes: { Arn: arn } };
};

export const dataResources: Record<string, Create> = {
  'AWS::DynamoDB::Table': createTable,
  'AWS::DynamoDB::GlobalTable': createTable,
  'AWS::S3::Bucket': createBucket,
  'AWS::SQS::Queue': createQueue,
  'AWS::SNS::Topic': createTopic,
  'AWS::SecretsManager::Secret': createSecret,
  'AWS::IAM::Role': createRole,
  'AWS::Logs::LogGroup': createLogGroup,
  'AWS::CloudWatch::Alarm': createAlarm,
};
