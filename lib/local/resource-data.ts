import type { JsonObject } from './json.ts';
import { toMetricLine } from './metric-line.ts';
import { accountId, arnOf, region } from './place.ts';
import { type CloudContext, type Create, parse } from './resource-context.ts';
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

/** SQS itself tells once a minute; here alarms are judged every five seconds. */
const depthEveryMs = 5_000;

function reportDepth({ messaging, cloudWatch, pollers }: CloudContext, QueueName: string): void {
  const of = { namespace: 'AWS/SQS', name: 'ApproximateNumberOfMessagesVisible', dimensions: { QueueName } };
  const report = async () => {
    const value = await messaging.waiting(QueueName);
    cloudWatch.ingestLogLine(toMetricLine({ ...of, value, atMs: Date.now() }));
  };
  // A figure that is left out says nothing; the next one comes in five seconds.
  const timer = setInterval(() => report().catch(() => undefined), depthEveryMs).unref();
  pollers.push({ stop: () => clearInterval(timer) });
}

const createQueue: Create = async (context, { name, properties }) => {
  const { arn, url } = await context.messaging.ensureQueue({ ...properties, QueueName: name });
  reportDepth(context, name);
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
