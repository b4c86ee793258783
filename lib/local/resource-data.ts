import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { isObject, type JsonObject } from './json.ts';
import { type CloudContext, type Create, nameOf, parse, stackArn } from './resource-context.ts';

const createTable: Create = async (context, properties, { logicalId }) => {
  const TableName = nameOf(context, properties, 'TableName', logicalId);
  const { arn, tableName } = await context.dynamo.ensureTable({ ...properties, TableName });
  return { ref: tableName, attributes: { Arn: arn } };
};

const createBucket: Create = async (context, properties, { logicalId }) => {
  const { arn, name } = await context.s3.ensureBucket(
    nameOf(context, properties, 'BucketName', logicalId).toLowerCase(),
  );
  const DomainName = `${name}.s3.amazonaws.com`;
  return {
    ref: name,
    attributes: { Arn: arn, DomainName, RegionalDomainName: `${name}.s3.${context.region}.amazonaws.com` },
  };
};

const createQueue: Create = async (context, properties, { logicalId }) => {
  const QueueName = nameOf(context, properties, 'QueueName', logicalId);
  const { arn, url, name } = await context.messaging.ensureQueue({ ...properties, QueueName });
  return { ref: url, attributes: { Arn: arn, QueueName: name, QueueUrl: url } };
};

const createTopic: Create = async (context, properties, { logicalId }) => {
  const TopicName = nameOf(context, properties, 'TopicName', logicalId);
  const { arn, name } = await context.messaging.ensureTopic({ ...properties, TopicName });
  return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
};

const generatedSecret = z.object({
  PasswordLength: z.coerce.number().default(32),
  SecretStringTemplate: z.string().default('{}'),
  GenerateStringKey: z.string().optional(),
});

function generateSecret(properties: JsonObject): string {
  const { PasswordLength, SecretStringTemplate, GenerateStringKey } = parse(generatedSecret, properties);
  const password = randomBytes(PasswordLength).toString('hex').slice(0, PasswordLength);
  if (GenerateStringKey === undefined) return password;
  return JSON.stringify({ ...(JSON.parse(SecretStringTemplate) as object), [GenerateStringKey]: password });
}

/** Put as a caller would put it, so that it is the same after a restart. */
async function keepSecret({ secrets }: CloudContext, SecretId: string, SecretString: string): Promise<void> {
  const response = await secrets.handle({
    service: 'secretsmanager',
    operation: 'PutSecretValue',
    method: 'POST',
    rawPath: '/',
    query: new URLSearchParams(),
    headers: {},
    body: Buffer.from(JSON.stringify({ SecretId, SecretString })),
    principal: { accessKeyId: '', secretAccessKey: '', arn: '', label: 'local' },
  });
  if (response.status !== 200) throw new Error(`the secret was not kept: ${String(response.body)}`);
}

const createSecret: Create = async (context, properties, { logicalId }) => {
  const { secrets } = context;
  const name = nameOf(context, properties, 'Name', logicalId);
  const { SecretString, GenerateSecretString } = properties;
  const arn = secrets.ensureSecret(name);
  const given = context.secretValue(logicalId, name);
  const isNew = secrets.getSecret(name) === undefined;
  if (given !== undefined) secrets.setSecret(name, given);
  else if (isNew && typeof SecretString === 'string') secrets.setSecret(name, SecretString);
  else if (isNew && isObject(GenerateSecretString))
    await keepSecret(context, name, generateSecret(GenerateSecretString));
  return { ref: arn, attributes: { Id: arn } };
};

const createRole: Create = (context, properties, { logicalId }) => {
  const name = nameOf(context, properties, 'RoleName', logicalId);
  return {
    ref: name,
    attributes: { Arn: `arn:aws:iam::${context.accountId}:role/${name}`, RoleId: logicalId },
  };
};

const createLogGroup: Create = (context, properties, { logicalId }) => {
  const name = nameOf(context, properties, 'LogGroupName', logicalId);
  return { ref: name, attributes: { Arn: stackArn(context, 'logs', `log-group:${name}:*`) } };
};

const createAlarm: Create = (context, properties, { logicalId }) => {
  const { arn, name } = context.cloudWatch.ensureAlarm(logicalId, properties);
  return { ref: name, attributes: { Arn: arn } };
};

const createStateMachine: Create = (context, properties, { logicalId }) => {
  const name = nameOf(context, properties, 'StateMachineName', logicalId);
  const arn = stackArn(context, 'states', `stateMachine:${name}`);
  context.log(`${logicalId}: state machines do not run locally`);
  return { ref: arn, attributes: { Arn: arn, Name: name } };
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
  'AWS::StepFunctions::StateMachine': createStateMachine,
};
