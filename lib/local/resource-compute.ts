import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { taskDefinitionProperties } from './ecs-model.ts';
import { eventSourceProperties, startEventSource } from './event-source.ts';
import { makeHttpApi } from './http-api.ts';
import { eventInvokeProperties, functionProperties } from './lambda.ts';
import { threadsPerFunction } from './lambda-pool.ts';
import { toMetricLine } from './metric-line.ts';
import { arnOf } from './place.ts';
import { baseEnvironment, type CloudContext, type Create, parse, sessionArn } from './resource-context.ts';
import { ruleProperties } from './rules.ts';
import { stateMachineProperties } from './step-functions/step-functions.ts';
import type { PhysicalResource } from './template.ts';
import { makeWebSocketApi } from './websocket-api.ts';
import { mayCall, workerLabel } from './worker-border.ts';

const createFunction: Create = (context, { logicalId, name, properties }) => {
  const wanted = parse(functionProperties, properties);
  const logGroup = wanted.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`;
  const taskRoot = context.template.assetFolder(wanted.Code.S3Key);
  const isWorker = context.workerFunctions.includes(logicalId);
  context.lambda.addFunction({
    name,
    taskRoot,
    handler: wanted.Handler,
    timeoutSeconds: wanted.Timeout,
    memoryMiB: wanted.MemorySize,
    maxThreads: Math.min(threadsPerFunction, wanted.ReservedConcurrentExecutions ?? threadsPerFunction),
    environment: {
      TZ: 'UTC',
      HOME: tmpdir(),
      ...baseEnvironment(context, logicalId, sessionArn(wanted.Role, name), isWorker),
      AWS_EXECUTION_ENV: `AWS_Lambda_${wanted.Runtime}`,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(wanted.MemorySize),
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
      LAMBDA_TASK_ROOT: taskRoot,
      ...wanted.Environment?.Variables,
      ...context.functionEnvironment,
    },
    onLine(stream, line) {
      context.logs.appendLog(logGroup, stream, line);
      context.cloudWatch.ingestLogLine(line);
    },
  });
  return { ref: name, attributes: { Arn: arnOf('lambda', `function:${name}`) } };
};

const createEventInvokeConfig: Create = ({ lambda }, { logicalId, properties }) => {
  const { FunctionName, MaximumRetryAttempts } = parse(eventInvokeProperties, properties);
  lambda.setAsyncRetries(FunctionName, MaximumRetryAttempts);
  return { ref: logicalId, attributes: {} };
};

const createEventSource: Create = ({ messaging, lambda, pollers }, { logicalId, properties }) => {
  pollers.push(
    startEventSource(parse(eventSourceProperties, properties), { messaging, invoke: lambda.invoke }),
  );
  return { ref: logicalId, attributes: { Id: logicalId } };
};

const createRule: Create = ({ rules }, { name, properties }) => {
  const arn = arnOf('events', `rule/${name}`);
  rules.addRule(arn, parse(ruleProperties, properties));
  return { ref: name, attributes: { Arn: arn } };
};

const createApi: Create = (context, { logicalId, properties }) => {
  if (properties.ProtocolType === 'WEBSOCKET') return createWebSocketApi(context, logicalId);
  if (properties.ProtocolType !== 'HTTP') throw new Error('only HTTP and WebSocket APIs are handled');
  if (context.api) throw new Error('a stack may have one HTTP API: they would share our address');
  const { url, lambda, cloudWatch } = context;
  const apiId = apiIdOf(logicalId);
  const onServerError = () => {
    const of = { namespace: 'AWS/ApiGateway', name: '5xx', dimensions: { ApiId: apiId } };
    cloudWatch.ingestLogLine(toMetricLine({ ...of, value: 1, atMs: Date.now() }));
  };
  const domainName = new URL(url).host;
  context.api = makeHttpApi({ apiId, domainName, invoke: lambda.invoke, mayCall, onServerError });
  return { ref: apiId, attributes: { ApiEndpoint: url, ApiId: apiId } };
};

function apiIdOf(logicalId: string): string {
  return createHash('sha256').update(logicalId).digest('hex').slice(0, 10);
}

/** Told apart from the HTTP API by its stage, which is the first part of its paths. */
function createWebSocketApi(context: CloudContext, logicalId: string): PhysicalResource {
  if (context.sockets) throw new Error('a stack may have one WebSocket API: they would share our address');
  const { url, lambda, socketLimits: limits } = context;
  const apiId = apiIdOf(logicalId);
  const domainName = new URL(url).host;
  context.sockets = makeWebSocketApi({ apiId, domainName, limits, invoke: lambda.invoke });
  return { ref: apiId, attributes: { ApiEndpoint: url.replace('http:', 'ws:'), ApiId: apiId } };
}

const createStage: Create = ({ sockets }, { properties }) => {
  const { ApiId, StageName } = properties;
  if (sockets && sockets.apiId === ApiId) sockets.setStage(String(StageName));
  else if (StageName !== '$default') throw new Error('a stage is not handled; use $default');
  return { ref: String(StageName), attributes: {} };
};

/** Known by its function, so that a route's target names the function, too. */
const createIntegration: Create = (_, { properties }) => {
  const functionArn = /arn:aws:lambda:[^/]+/.exec(String(properties.IntegrationUri))?.[0];
  if (!functionArn) throw new Error('an integration calls a function here');
  return { ref: functionArn, attributes: {} };
};

const createRoute: Create = ({ api, sockets }, { logicalId, properties }) => {
  const { ApiId, RouteKey, Target, AuthorizationType } = properties;
  const functionArn = String(Target).replace('integrations/', '');
  const target = sockets?.apiId === ApiId ? sockets : api;
  // Of a WebSocket API only the way in is authorized.
  const isOpen = target === sockets && RouteKey !== '$connect';
  if (AuthorizationType !== 'AWS_IAM' && !isOpen) throw new Error('routes are authorized by AWS_IAM here');
  target?.addRoute(String(RouteKey), functionArn);
  return { ref: logicalId, attributes: {} };
};

const createCluster: Create = ({ ecs }, { name }) => ({
  ref: name,
  attributes: { Arn: ecs.addCluster(name) },
});

const createTaskDefinition: Create = (context, { properties }) => {
  const wanted = parse(taskDefinitionProperties, properties);
  const [container] = wanted.ContainerDefinitions;
  const log = container.LogConfiguration.Options;
  context.taskRoleArn = wanted.TaskRoleArn;
  const arn = context.ecs.addTaskDefinition({
    family: wanted.Family,
    taskRoleArn: wanted.TaskRoleArn,
    containerName: container.Name,
    assetFolder: context.template.assetFolder(container.Image),
    stopTimeoutSeconds: container.StopTimeout,
    logGroup: log['awslogs-group'],
    logPrefix: log['awslogs-stream-prefix'],
    environment: {
      ...baseEnvironment(context, workerLabel, sessionArn(wanted.TaskRoleArn, 'task'), true),
      ...context.taskEnvironment,
      ...Object.fromEntries(container.Environment.map(({ Name, Value }) => [Name, Value])),
    },
  });
  return { ref: arn, attributes: { TaskDefinitionArn: arn } };
};

const createStateMachine: Create = ({ stepFunctions }, { name, properties }) => {
  const arn = stepFunctions.addStateMachine(name, parse(stateMachineProperties, properties));
  return { ref: arn, attributes: { Arn: arn, Name: name } };
};

export const computeResources: Record<string, Create> = {
  'AWS::Lambda::Function': createFunction,
  'AWS::Lambda::EventInvokeConfig': createEventInvokeConfig,
  'AWS::Lambda::EventSourceMapping': createEventSource,
  'AWS::Events::Rule': createRule,
  'AWS::ApiGatewayV2::Api': createApi,
  'AWS::ApiGatewayV2::Stage': createStage,
  'AWS::ApiGatewayV2::Integration': createIntegration,
  'AWS::ApiGatewayV2::Route': createRoute,
  'AWS::StepFunctions::StateMachine': createStateMachine,
  'AWS::ECS::Cluster': createCluster,
  'AWS::ECS::TaskDefinition': createTaskDefinition,
};
