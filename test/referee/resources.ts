import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateClusterCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
} from '@aws-sdk/client-ecs';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { signedFetch } from '../../lib/adapters/control/sigv4.ts';
import type { Json, JsonObject } from '../../lib/local/json.ts';
import type { PhysicalResource, Template, TemplateResource } from '../../lib/local/template.ts';
import { motoAccount } from './moto.ts';

export const region = 'us-east-1';
export const credentials = { accessKeyId: 'AKIAREFEREE', secretAccessKey: 'referee' };

export function makeAws(endpoint: string) {
  const config = { endpoint, region, credentials, maxAttempts: 1 };
  return {
    dynamo: new DynamoDBClient(config),
    ecs: new ECSClient(config),
    s3: new S3Client({ ...config, forcePathStyle: true }),
    secrets: new SecretsManagerClient(config),
    sqs: new SQSClient({ ...config, useQueueUrlAsEndpoint: false }),
  };
}
export type Aws = ReturnType<typeof makeAws>;

export interface Surroundings {
  aws: Aws;
  endpoint: string;
  /** Where workers find the API. */
  apiUrl: string;
  /** The document of the secret that holds the provider keys. */
  providerKeys: string;
}

type Create = (
  given: Surroundings,
  properties: JsonObject,
  resource: TemplateResource,
) => Promise<PhysicalResource>;

const createTable: Create = async ({ aws }, properties, { logicalId }) => {
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode } = properties;
  // The same shapes: CloudFormation took its names from the API.
  const input = {
    AttributeDefinitions,
    KeySchema,
    GlobalSecondaryIndexes,
    BillingMode,
    TableName: logicalId,
  };
  const made = await aws.dynamo.send(new CreateTableCommand(input as unknown as CreateTableCommandInput));
  return { ref: logicalId, attributes: { Arn: made.TableDescription?.TableArn ?? '' } };
};

const createQueue: Create = async ({ aws }, properties, { logicalId }) => {
  const VisibilityTimeout = String(properties.VisibilityTimeout ?? 30);
  const command = new CreateQueueCommand({ QueueName: logicalId, Attributes: { VisibilityTimeout } });
  const QueueUrl = (await aws.sqs.send(command)).QueueUrl ?? '';
  const attributes = await aws.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  return { ref: QueueUrl, attributes: { Arn: attributes.Attributes?.QueueArn ?? '', QueueName: logicalId } };
};

const createBucket: Create = async ({ aws }, _, { logicalId }) => {
  const name = logicalId.toLowerCase();
  await aws.s3.send(new CreateBucketCommand({ Bucket: name }));
  return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}` } };
};

const createSecret: Create = async ({ aws, providerKeys }, _, { logicalId }) => {
  const made = await aws.secrets.send(
    new CreateSecretCommand({ Name: logicalId, SecretString: providerKeys }),
  );
  return { ref: made.ARN ?? '', attributes: { Id: made.ARN ?? '' } };
};

const createCluster: Create = async ({ aws }, _, { logicalId }) => {
  const made = await aws.ecs.send(new CreateClusterCommand({ clusterName: logicalId }));
  return { ref: logicalId, attributes: { Arn: made.cluster?.clusterArn ?? '' } };
};

/** CloudFormation writes `TaskRoleArn` where the API has `taskRoleArn`; the keys of maps stay as they are. */
function lowerFirst(value: Json): Json {
  if (Array.isArray(value)) return value.map(lowerFirst);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const name = key.charAt(0).toLowerCase() + key.slice(1);
      return [name, name === 'options' ? inner : lowerFirst(inner)];
    }),
  );
}

const registerTaskDefinition: Create = async ({ aws }, properties) => {
  const input = lowerFirst(properties) as unknown as RegisterTaskDefinitionCommandInput;
  const made = await aws.ecs.send(new RegisterTaskDefinitionCommand(input));
  const ref = made.taskDefinition?.taskDefinitionArn ?? '';
  return { ref, attributes: { TaskDefinitionArn: ref } };
};

/** moto comes with a default network, and RunTask makes an interface in the subnet that it is given. */
async function firstOf(endpoint: string, action: string, element: string): Promise<string> {
  const response = await signedFetch({
    url: `${endpoint}/`,
    method: 'POST',
    body: `Action=${action}&Version=2016-11-15`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    credentials,
    region,
    service: 'ec2',
  });
  const found = new RegExp(`<${element}>([^<]+)</${element}>`).exec(await response.text())?.[1];
  if (!found) throw new Error(`${action} names no ${element}`);
  return found;
}

const creators: Record<string, Create> = {
  'AWS::DynamoDB::GlobalTable': createTable,
  'AWS::SQS::Queue': createQueue,
  'AWS::S3::Bucket': createBucket,
  'AWS::SecretsManager::Secret': createSecret,
  'AWS::ECS::Cluster': createCluster,
  'AWS::ECS::TaskDefinition': registerTaskDefinition,
  'AWS::EC2::Subnet': async ({ endpoint }) => ({
    ref: await firstOf(endpoint, 'DescribeSubnets', 'subnetId'),
    attributes: {},
  }),
  'AWS::EC2::SecurityGroup': async ({ endpoint }) => {
    const ref = await firstOf(endpoint, 'DescribeSecurityGroups', 'groupId');
    return { ref, attributes: { GroupId: ref } };
  },
  'AWS::IAM::Role': async (_, __, { logicalId }) => ({
    ref: logicalId,
    attributes: { Arn: `arn:aws:iam::${motoAccount}:role/${logicalId}` },
  }),
  'AWS::ApiGatewayV2::Api': async ({ apiUrl }) => ({ ref: 'referee', attributes: { ApiEndpoint: apiUrl } }),
};

/** Makes at moto what the functions and the worker use. The rest of the template only gets names. */
export async function createResources(template: Template, given: Surroundings): Promise<void> {
  for (const resource of template.resources) {
    const { type, logicalId } = resource;
    const create = creators[type];
    const physical = create
      ? await create(given, template.properties(resource), resource)
      : { ref: logicalId, attributes: {}, otherAttribute: (name: string) => `${logicalId}.${name}` };
    template.setPhysical(logicalId, physical);
  }
}
