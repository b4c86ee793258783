import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { taskDefinitionProperties } from './ecs-model.ts';
import { eventSourceProperties } from './event-source.ts';
import { makeHttpApi } from './http-api.ts';
import { functionProperties } from './lambda.ts';
import {
  type Create,
  credentialEnvironment,
  nameOf,
  parse,
  sessionArn,
  stackArn,
} from './resource-context.ts';
import { ruleProperties } from './rules.ts';

/** Threads of one function; Lambda itself would start a thousand. */
const maxThreads = 4;
const defaultPollers = 2;

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

export const computeResources: Record<string, Create> = {
  'AWS::Lambda::Function': createFunction,
  'AWS::Lambda::EventSourceMapping': createEventSource,
  'AWS::Events::Rule': createRule,
  'AWS::ApiGatewayV2::Api': createApi,
  'AWS::ApiGatewayV2::Stage': createStage,
  'AWS::ApiGatewayV2::Integration': createIntegration,
  'AWS::ApiGatewayV2::Route': createRoute,
  'AWS::ECS::Cluster': createCluster,
  'AWS::ECS::TaskDefinition': createTaskDefinition,
};
