import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  paginateListStackResources,
  type Stack,
  UpdateTerminationProtectionCommand,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation';
import {
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceNotFoundException,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { AppError } from '#contracts/errors.ts';
import { stackName } from '#contracts/settings.ts';
import type { StackResource, Teardown } from '#core/ports/teardown.ts';
import type { ApiTarget } from '../client/find-api.ts';
import { bucketBytes, deleteBucket, emptyBucket } from './bucket-teardown.ts';
import { keepStopping } from './stop-executions.ts';

const patienceSeconds = 3_600;

/** Over the stack that is deployed. */
export function makeTeardown(target: ApiTarget): Teardown {
  const { region, credentials, endpointUrl } = target;
  const config = { region, credentials, ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }) };
  const stacks = new CloudFormationClient(config);
  const tables = new DynamoDBClient(config);
  const buckets = new S3Client({ ...config, forcePathStyle: endpointUrl !== undefined });
  return {
    resources: () => readResources(stacks),
    async unprotectStack() {
      const EnableTerminationProtection = false;
      await stacks.send(
        new UpdateTerminationProtectionCommand({ StackName: stackName, EnableTerminationProtection }),
      );
    },
    isHalfGone: async () => (await readStack(stacks))?.StackStatus === 'DELETE_FAILED',
    deleteStack: (machines) => deleteStack(stacks, (signal) => keepStopping(target, machines, signal)),
    emptyBucket: (name) => emptyBucket(buckets, name),
    deleteBucket: (name) => deleteBucket(buckets, name),
    unprotectTable: (name) => unprotect(tables, name),
    deleteTable: (name) => deleteTable(tables, name),
    async bytesOf({ type, name }) {
      if (type === 'AWS::S3::Bucket') return bucketBytes(buckets, name);
      return type === 'AWS::DynamoDB::GlobalTable' ? tableBytes(tables, name) : 0;
    },
  };
}

async function readResources(client: CloudFormationClient): Promise<StackResource[]> {
  const { TemplateBody = '{}' } = await client.send(new GetTemplateCommand({ StackName: stackName }));
  const template = JSON.parse(TemplateBody) as { Resources?: Record<string, { DeletionPolicy?: string }> };
  const found: StackResource[] = [];
  for await (const page of paginateListStackResources({ client }, { StackName: stackName }))
    for (const {
      LogicalResourceId = '',
      ResourceType = '',
      PhysicalResourceId,
    } of page.StackResourceSummaries ?? []) {
      const retained = template.Resources?.[LogicalResourceId]?.DeletionPolicy?.startsWith('Retain') ?? false;
      if (PhysicalResourceId !== undefined)
        found.push({ type: ResourceType, name: PhysicalResourceId, retained });
    }
  return found;
}

async function readStack(client: CloudFormationClient): Promise<Stack | undefined> {
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
  return Stacks[0];
}

/** @param meanwhile What has to go on until the stack is gone. Never rejects. */
async function deleteStack(
  client: CloudFormationClient,
  meanwhile: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  // By its id: a stack that is gone has no name any more.
  const StackName = (await readStack(client))?.StackId ?? stackName;
  await client.send(new DeleteStackCommand({ StackName }));
  const over = new AbortController();
  const kept = meanwhile(over.signal);
  try {
    await waitUntilStackDeleteComplete({ client, maxWaitTime: patienceSeconds }, { StackName });
  } catch (cause) {
    const why = await whyNotDeleted(client, StackName);
    throw new AppError('internal', `the stack could not be deleted${why === '' ? '' : `: ${why}`}`, {
      cause,
      retryable: false,
      remedy: 'mend what is named, and run the same command again',
    });
  } finally {
    over.abort();
    await kept;
  }
}

async function whyNotDeleted(client: CloudFormationClient, StackName: string): Promise<string> {
  const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName }));
  return StackEvents.filter(({ ResourceStatus }) => ResourceStatus === 'DELETE_FAILED')
    .map(({ LogicalResourceId, ResourceStatusReason }) => `${LogicalResourceId}: ${ResourceStatusReason}`)
    .join('; ');
}

async function unprotect(client: DynamoDBClient, TableName: string): Promise<void> {
  await unlessGone(client.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false })));
}

async function deleteTable(client: DynamoDBClient, TableName: string): Promise<void> {
  await unlessGone(client.send(new DeleteTableCommand({ TableName })));
}

async function tableBytes(client: DynamoDBClient, TableName: string): Promise<number | undefined> {
  const found = await unlessGone(client.send(new DescribeTableCommand({ TableName })));
  return found?.Table?.TableStatus === 'DELETING' ? undefined : found?.Table?.TableSizeBytes;
}

/** What is gone already is as good as deleted. */
async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}
