import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, CfnOutput, Duration, RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { IpAddresses, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import {
  AwsLogDriver,
  Cluster,
  ContainerImage,
  CpuArchitecture,
  FargateTaskDefinition,
} from 'aws-cdk-lib/aws-ecs';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Code, Function as LambdaFn, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { handlerSource, workerSource } from './sample-code.ts';

function folder(root: string, name: string, files: Record<string, string>): string {
  const path = join(root, name);
  mkdirSync(path, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  return path;
}

/** Synthesizes a small stack with one of everything that the compute half of the local cloud runs. */
export function synthSampleStack(root: string): string {
  const assemblyDir = join(root, 'cdk.out');
  const app = new App({ outdir: assemblyDir, analyticsReporting: false });
  const stack = new Stack(app, 'Sample');

  const table = new TableV2(stack, 'Table', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const bucket = new Bucket(stack, 'Files');
  const secret = new Secret(stack, 'Keys', { secretStringValue: SecretValue.unsafePlainText('{}') });
  const deadLetters = new Queue(stack, 'DeadLetters');
  const queue = new Queue(stack, 'Jobs', {
    visibilityTimeout: Duration.seconds(1),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: 3 },
  });

  const vpc = new Vpc(stack, 'Vpc', {
    natGateways: 0,
    maxAzs: 2,
    ipAddresses: IpAddresses.cidr('10.0.0.0/24'),
    subnetConfiguration: [{ name: 'public', subnetType: SubnetType.PUBLIC }],
  });
  const cluster = new Cluster(stack, 'Cluster', { vpc });
  const task = new FargateTaskDefinition(stack, 'Task', {
    cpu: 256,
    memoryLimitMiB: 512,
    runtimePlatform: { cpuArchitecture: CpuArchitecture.ARM64 },
  });
  const workerLogs = new LogGroup(stack, 'WorkerLogs', { retention: RetentionDays.ONE_WEEK });
  task.addContainer('worker', {
    image: ContainerImage.fromAsset(
      folder(root, 'worker', {
        Dockerfile: 'FROM node:24\nCOPY main.mjs /\nCMD ["node","/main.mjs"]\n',
        'main.mjs': workerSource,
      }),
    ),
    environment: { TABLE_NAME: table.tableName, FROM_TEMPLATE: 'yes' },
    stopTimeout: Duration.seconds(2),
    logging: new AwsLogDriver({ streamPrefix: 'job', logGroup: workerLogs }),
  });

  const make = (name: string, timeoutSeconds = 10) =>
    new LambdaFn(stack, name, {
      runtime: Runtime.NODEJS_24_X,
      handler: `index.${name.charAt(0).toLowerCase()}${name.slice(1)}`,
      code: Code.fromAsset(folder(root, 'functions', { 'index.mjs': handlerSource })),
      timeout: Duration.seconds(timeoutSeconds),
      environment: {
        TABLE_NAME: table.tableName,
        QUEUE_URL: queue.queueUrl,
        BUCKET_NAME: bucket.bucketName,
        SECRET_ARN: secret.secretArn,
      },
      loggingFormat: LoggingFormat.JSON,
    });
  const front = make('Front');
  const consumer = make('Consumer');
  const observer = make('Observer');
  const ticker = make('Ticker');
  make('Misbehave', 1);
  table.grantReadWriteData(front);
  consumer.addEventSource(
    new SqsEventSource(queue, { batchSize: 5, reportBatchItemFailures: true, maxConcurrency: 2 }),
  );
  new Rule(stack, 'EveryMinute', {
    schedule: Schedule.rate(Duration.minutes(1)),
    targets: [new LambdaFunction(ticker, { event: RuleTargetInput.fromObject({ tick: 'minute' }) })],
  });
  new Rule(stack, 'Stopped', {
    eventPattern: {
      source: ['aws.ecs'],
      detailType: ['ECS Task State Change'],
      detail: { clusterArn: [cluster.clusterArn], lastStatus: ['STOPPED'] },
    },
    targets: [new LambdaFunction(observer)],
  });

  const api = new HttpApi(stack, 'Api', { defaultAuthorizer: new HttpIamAuthorizer() });
  const integration = new HttpLambdaIntegration('FrontIntegration', front);
  api.addRoutes({ path: '/jobs', methods: [HttpMethod.GET, HttpMethod.POST], integration });
  api.addRoutes({ path: '/jobs/{id}', methods: [HttpMethod.GET], integration });
  api.addRoutes({ path: '/jobs/special', methods: [HttpMethod.ANY], integration });
  api.addRoutes({ path: '/jobs/{id}/{rest+}', methods: [HttpMethod.GET], integration });
  api.addRoutes({ path: '/worker/{proxy+}', methods: [HttpMethod.POST], integration });

  new CfnOutput(stack, 'ApiUrl', { value: api.url ?? '' });
  new CfnOutput(stack, 'ApiEndpoint', { value: api.apiEndpoint });
  new CfnOutput(stack, 'TableName', { value: table.tableName });
  new CfnOutput(stack, 'ClusterArn', { value: cluster.clusterArn });
  new CfnOutput(stack, 'TaskDefinitionArn', { value: task.taskDefinitionArn });
  new CfnOutput(stack, 'QueueUrl', { value: queue.queueUrl });
  app.synth();
  return assemblyDir;
}

if (import.meta.main) synthSampleStack(process.argv[2] ?? '');
