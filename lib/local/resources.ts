import { createHash, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { z } from 'zod';
import type { Principals } from './credentials.ts';
import { taskDefinitionProperties } from './ecs-model.ts';
import { eventSourceProperties } from './event-source.ts';
import { type HttpApi, makeHttpApi } from './http-api.ts';
import { isObject, type JsonObject } from './json.ts';
import { functionProperties } from './lambda.ts';
import { ruleProperties } from './rules.ts';
import type { LocalPrincipal } from './service.ts';
import type { Services } from './services.ts';
import type { PhysicalResource, Template, TemplateResource } from './template.ts';

/** Threads of one function; Lambda itself would start a thousand. */
const maxThreads = 4;
const defaultPollers = 2;

export interface CloudContext extends Services {
  url: string;
  region: string;
  accountId: string;
  template: Template;
  principals: Principals;
  /** By API id; filled as APIs are created. */
  apis: Map<string, HttpApi>;
  /** Function ARNs by integration id. */
  integrations: Map<string, string>;
  eventSources: Parameters<Services['poll']>[0][];
  /** Of the task definitions' task roles. */
  workerRoleArns: string[];
  mayCall(principal: LocalPrincipal, path: string): boolean;
  secretValue(logicalId: string, name: string): string | undefined;
  /** Over the template's, for every function. */
  functionEnvironment: Record<string, string>;
  path: string;
  log(line: string): void;
}

type Create = (
  context: CloudContext,
  properties: JsonObject,
  resource: TemplateResource,
) => PhysicalResource | Promise<PhysicalResource>;

function parse<T>(schema: z.ZodType<T>, properties: JsonObject): T {
  const parsed = schema.safeParse(properties);
  if (parsed.success) return parsed.data;
  throw new Error(z.prettifyError(parsed.error));
}

/** The name that the template gives, else one that stays the same from start to start. */
function nameOf(context: CloudContext, properties: JsonObject, key: string, logicalId: string): string {
  const given = properties[key];
  return typeof given === 'string' ? given : context.template.physicalName(logicalId);
}

function stackArn({ region, accountId }: CloudContext, service: string, resource: string): string {
  return `arn:aws:${service}:${region}:${accountId}:${resource}`;
}

/** The ARN by which a role's user is known to services: the assumed role, with a session. */
export function sessionArn(roleArn: string, session: string): string {
  return `${roleArn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/${session}`;
}

function credentialEnvironment(context: CloudContext, label: string, arn: string): Record<string, string> {
  const { accessKeyId, secretAccessKey } = context.principals.issue(label, arn);
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: context.region,
    AWS_ENDPOINT_URL: context.url,
  };
}

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

const createFunction: Create = (context, properties, { logicalId }) => {
  const name = nameOf(context, properties, 'FunctionName', logicalId);
  const wanted = parse(functionProperties, properties);
  const arn = stackArn(context, 'lambda', `function:${name}`);
  const logGroup = wanted.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`;
  const taskRoot = context.template.assetFolder(wanted.Code.S3Key);
  const environment = {
    TZ: 'UTC',
    HOME: tmpdir(),
    PATH: context.path,
    ...credentialEnvironment(context, logicalId, sessionArn(wanted.Role, name)),
    AWS_DEFAULT_REGION: context.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${wanted.Runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(wanted.MemorySize),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
    _HANDLER: wanted.Handler,
    LAMBDA_TASK_ROOT: taskRoot,
    ...wanted.Environment?.Variables,
    ...context.functionEnvironment,
  };
  context.lambda.addFunction({
    logicalId,
    name,
    arn,
    taskRoot,
    handler: wanted.Handler,
    timeoutSeconds: wanted.Timeout,
    memoryMiB: wanted.MemorySize,
    logGroup,
    maxThreads: Math.min(maxThreads, wanted.ReservedConcurrentExecutions ?? maxThreads),
    environment,
    onLine(stream, line) {
      context.logs.appendLog(logGroup, stream, line);
      context.cloudWatch.ingestLogLine(name, line);
    },
  });
  return { ref: name, attributes: { Arn: arn } };
};

const createEventSource: Create = (context, properties, { logicalId }) => {
  const wanted = parse(eventSourceProperties, properties);
  if (wanted.Enabled) {
    context.eventSources.push({
      queueArn: wanted.EventSourceArn,
      functionName: wanted.FunctionName,
      batchSize: wanted.BatchSize,
      concurrency: wanted.ScalingConfig?.MaximumConcurrency ?? defaultPollers,
      reportsBatchItemFailures: wanted.FunctionResponseTypes.includes('ReportBatchItemFailures'),
    });
  }
  return { ref: logicalId, attributes: { Id: logicalId } };
};

const createRule: Create = (context, properties, { logicalId }) => {
  const name = nameOf(context, properties, 'Name', logicalId);
  const arn = stackArn(context, 'events', `rule/${name}`);
  context.rules.addRule(arn, parse(ruleProperties, properties));
  return { ref: name, attributes: { Arn: arn } };
};

const createApi: Create = (context, properties, { logicalId }) => {
  const apiId = createHash('sha256').update(logicalId).digest('hex').slice(0, 10);
  if (properties.ProtocolType !== 'HTTP') {
    context.log(`${logicalId}: ${String(properties.ProtocolType)} APIs are not served locally`);
    return { ref: apiId, attributes: { ApiEndpoint: context.url.replace('http', 'ws'), ApiId: apiId } };
  }
  if (context.apis.size > 0) throw new Error('a stack may have one HTTP API: they would share our address');
  const api = makeHttpApi({
    apiId,
    accountId: context.accountId,
    domainName: new URL(context.url).host,
    invoke: (arn, event) => context.lambda.invoke(arn, event),
    mayCall: context.mayCall,
  });
  context.apis.set(apiId, api);
  return { ref: apiId, attributes: { ApiEndpoint: context.url, ApiId: apiId } };
};

const createStage: Create = (context, properties) => {
  const name = String(properties.StageName);
  if (context.apis.has(String(properties.ApiId)) && name !== '$default') {
    throw new Error(`stage ${name} is not handled; use $default`);
  }
  return { ref: name, attributes: {} };
};

const createIntegration: Create = (context, properties, { logicalId }) => {
  const functionArn = /arn:aws:lambda:[^/]+/.exec(String(properties.IntegrationUri))?.[0];
  if (!functionArn)
    throw new Error(`an integration calls a function here, not ${String(properties.IntegrationUri)}`);
  context.integrations.set(logicalId, functionArn);
  return { ref: logicalId, attributes: {} };
};

const createRoute: Create = (context, properties, { logicalId }) => {
  const { ApiId, RouteKey, Target, AuthorizationType = 'NONE' } = properties;
  const functionArn = context.integrations.get(String(Target).split('/').at(-1) ?? '');
  if (!functionArn) throw new Error(`${String(Target)} is not an integration`);
  if (AuthorizationType !== 'AWS_IAM' && AuthorizationType !== 'NONE') {
    throw new Error(`authorization ${String(AuthorizationType)} is not handled`);
  }
  context.apis
    .get(String(ApiId))
    ?.addRoute({ routeKey: String(RouteKey), functionArn, isIam: AuthorizationType === 'AWS_IAM' });
  return { ref: logicalId, attributes: {} };
};

const createCluster: Create = (context, properties, { logicalId }) => {
  const name = nameOf(context, properties, 'ClusterName', logicalId);
  return { ref: name, attributes: { Arn: context.ecs.addCluster(name) } };
};

const createTaskDefinition: Create = (context, properties, { logicalId }) => {
  const wanted = parse(taskDefinitionProperties, properties);
  const [container] = wanted.ContainerDefinitions;
  if (!container) throw new Error('a task definition has one container');
  const log = container.LogConfiguration?.Options;
  const role = wanted.TaskRoleArn ?? `arn:aws:iam::${context.accountId}:role/none`;
  context.workerRoleArns.push(role);
  const arn = context.ecs.addTaskDefinition({
    family: wanted.Family ?? context.template.physicalName(logicalId),
    cpu: wanted.Cpu,
    memory: wanted.Memory,
    taskRoleArn: wanted.TaskRoleArn,
    container: {
      name: container.Name,
      image: container.Image,
      assetFolder: context.template.assetFolder(container.Image),
      entryPoint: container.EntryPoint,
      command: container.Command,
      environment: Object.fromEntries(container.Environment.map(({ Name, Value }) => [Name, Value])),
      stopTimeoutSeconds: container.StopTimeout,
      logGroup: log?.['awslogs-group'],
      logPrefix: log?.['awslogs-stream-prefix'],
    },
    baseEnvironment: {
      PATH: context.path,
      ...credentialEnvironment(context, 'worker', sessionArn(role, 'task')),
    },
  });
  return { ref: arn, attributes: { TaskDefinitionArn: arn } };
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

const creators: Record<string, Create> = {
  'AWS::DynamoDB::Table': createTable,
  'AWS::DynamoDB::GlobalTable': createTable,
  'AWS::S3::Bucket': createBucket,
  'AWS::SQS::Queue': createQueue,
  'AWS::SNS::Topic': createTopic,
  'AWS::SecretsManager::Secret': createSecret,
  'AWS::Lambda::Function': createFunction,
  'AWS::Lambda::EventSourceMapping': createEventSource,
  'AWS::Events::Rule': createRule,
  'AWS::ApiGatewayV2::Api': createApi,
  'AWS::ApiGatewayV2::Stage': createStage,
  'AWS::ApiGatewayV2::Integration': createIntegration,
  'AWS::ApiGatewayV2::Route': createRoute,
  'AWS::ECS::Cluster': createCluster,
  'AWS::ECS::TaskDefinition': createTaskDefinition,
  'AWS::IAM::Role': createRole,
  'AWS::Logs::LogGroup': createLogGroup,
  'AWS::CloudWatch::Alarm': createAlarm,
  'AWS::StepFunctions::StateMachine': createStateMachine,
};

/** What has no meaning on one machine: rights, networks, budgets, dashboards, and custom resources that clean up. */
const ignoredTypes =
  /^AWS::(IAM|EC2|KMS|Budgets|CE|CDK|Logs|CloudWatch|ResourceGroups|SSM|ServiceCatalogAppRegistry)::|^AWS::Lambda::(Permission|EventInvokeConfig|LayerVersion)$|^AWS::ECS::ClusterCapacityProviderAssociations$|Policy$|^AWS::SNS::Subscription$|^Custom::(S3AutoDeleteObjects|VpcRestrictDefaultSG|LogRetention)$/;

function ignore(context: CloudContext, { type, logicalId }: TemplateResource): PhysicalResource {
  const name = context.template.physicalName(logicalId);
  const [, service = 'local', kind = 'resource'] = type.toLowerCase().split('::');
  const arn = stackArn(context, service, `${kind}/${name}`);
  return {
    ref: name,
    attributes: {},
    otherAttribute: (attribute) => (attribute.endsWith('Arn') ? arn : `${name}-${attribute}`),
  };
}

/** Creates everything of the template, each resource after those it refers to. */
export async function createResources(context: CloudContext): Promise<CloudContext> {
  const { template } = context;
  for (const resource of template.resources) {
    const { logicalId, type } = resource;
    const create = creators[type];
    if (!create && !ignoredTypes.test(type))
      throw new Error(`${logicalId}: ${type} is not handled by the local cloud`);
    if (!create) {
      template.setPhysical(logicalId, ignore(context, resource));
      continue;
    }
    const properties = template.properties(resource);
    try {
      template.setPhysical(logicalId, await create(context, properties, resource));
    } catch (cause) {
      throw new Error(`${type} ${logicalId}: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      });
    }
  }
  return context;
}
