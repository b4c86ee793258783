import { join } from 'node:path';
import type { Closers } from './closers.ts';
import { type CloudWatch, startCloudWatch } from './cloudwatch.ts';
import { type DynamoService, startDynamo } from './dynamo.ts';
import { type Ecs, startEcs } from './ecs.ts';
import { type EventSource, type EventSourceOptions, startEventSource } from './event-source.ts';
import type { Json } from './json.ts';
import { type Lambda, startLambda } from './lambda.ts';
import { type Logs, startLogs } from './logs.ts';
import { type Messaging, startMessaging } from './messaging.ts';
import { makeRules, type Rules } from './rules.ts';
import { type S3Service, startS3 } from './s3.ts';
import { type Secrets, startSecrets } from './secrets.ts';
import type { LocalService } from './service.ts';
import { makeSts } from './sts.ts';

export interface ServicesOptions {
  dataDir: string;
  region: string;
  accountId: string;
  /** ECS tasks at once. */
  concurrency: number;
  ruleTickMs: number | undefined;
  port(): number;
  log(line: string): void;
}

export interface Services {
  dynamo: DynamoService;
  s3: S3Service;
  secrets: Secrets;
  cloudWatch: CloudWatch;
  logs: Logs;
  messaging: Messaging;
  lambda: Lambda;
  ecs: Ecs;
  rules: Rules;
  poll(source: Omit<EventSourceOptions, 'messaging' | 'invoke' | 'log'>): void;
  /** Stops polling and ticking; batches in hand end with their functions. */
  quiesce(): void;
}

function startMeteredLambda(cloudWatch: CloudWatch): Lambda {
  return startLambda({
    onInvoked(FunctionName, durationMs, isError) {
      const metric = { namespace: 'AWS/Lambda', dimensions: { FunctionName } };
      cloudWatch.putMetric({ ...metric, name: 'Invocations', value: 1, unit: 'Count' });
      cloudWatch.putMetric({ ...metric, name: 'Errors', value: isError ? 1 : 0, unit: 'Count' });
      cloudWatch.putMetric({ ...metric, name: 'Duration', value: durationMs, unit: 'Milliseconds' });
    },
  });
}

/** Starts every service, enters it under the name that requests are signed for, and wires them to each other. */
export async function startServices(
  options: ServicesOptions,
  registry: Map<string, LocalService>,
  closers: Closers,
): Promise<Services> {
  const { dataDir, region, accountId } = options;
  const place = { region, accountId };
  const add = <T extends LocalService>(name: string, service: T): T => {
    registry.set(name, service);
    closers.add(() => service.close?.());
    return service;
  };
  add('sts', makeSts({ accountId }));
  const dynamo = add('dynamodb', await startDynamo({ path: join(dataDir, 'dynamodb'), ...place }));
  const s3 = add('s3', await startS3({ dir: join(dataDir, 's3'), region }));
  const secrets = add(
    'secretsmanager',
    await startSecrets({ file: join(dataDir, 'secrets.json'), ...place }),
  );
  const cloudWatch = add('monitoring', await startCloudWatch(place));
  const logs = add('logs', await startLogs({ dir: join(dataDir, 'logs'), ...place }));

  const messaging = await startMessaging({ port: options.port, region });
  add('sqs', messaging.sqs);
  add('sns', messaging.sns);
  const sources: EventSource[] = [];
  const stopPolling = (): Promise<unknown> => Promise.all(sources.map((source) => source.close()));
  closers.add(() => stopPolling().then(() => messaging.close()));

  const lambda = add('lambda', startMeteredLambda(cloudWatch));
  const rules = makeRules({
    ...place,
    invokeAsync: (arn, event) => lambda.invokeAsync(arn, event),
    ...(options.ruleTickMs === undefined ? {} : { tickOverrideMs: options.ruleTickMs }),
  });
  // Tasks that are told to stop may still want to tell the API: they end while everything else is there.
  const ecs = add(
    'ecs',
    startEcs({
      ...place,
      dir: join(dataDir, 'ecs'),
      concurrency: options.concurrency,
      onEvent: (event) => rules.publish(event),
      onLine(group, stream, family, line) {
        if (group !== undefined) logs.appendLog(group, stream, line);
        cloudWatch.ingestLogLine(family, line);
      },
    }),
  );
  const invoke = (name: string, event: Json) => lambda.invoke(name, event);
  return {
    dynamo,
    s3,
    secrets,
    cloudWatch,
    logs,
    messaging,
    lambda,
    ecs,
    rules,
    poll: (source) => void sources.push(startEventSource({ ...source, messaging, invoke, log: options.log })),
    quiesce() {
      rules.close();
      void stopPolling();
    },
  };
}
