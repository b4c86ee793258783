import { join } from 'node:path';
import { actionsOf, toAlarmEvent, toNotification } from './alarm-messages.ts';
import { type CloudWatch, startCloudWatch } from './cloudwatch.ts';
import { type DynamoService, startDynamo } from './dynamo.ts';
import { type Ecs, startEcs } from './ecs.ts';
import { parseJson } from './json.ts';
import { type Lambda, startLambda } from './lambda.ts';
import { type Logs, startLogs } from './logs.ts';
import { type Messaging, startMessaging } from './messaging.ts';
import { makeRules, type Rules } from './rules.ts';
import { type S3Service, startS3 } from './s3.ts';
import { type Secrets, startSecrets } from './secrets.ts';
import { toEndLine, toStatusChange } from './step-functions/describe-execution.ts';
import { type StepFunctions, startStepFunctions } from './step-functions/step-functions.ts';
import { openTopicMessages } from './topic-messages.ts';

export interface ServicesOptions {
  dataDir: string;
  /** ECS tasks at once. */
  concurrency: number;
  ruleTickMs: number | undefined;
  metricsAheadMs: (() => number) | undefined;
  port: number;
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
  stepFunctions: StepFunctions;
}

/** Starts every service and wires them to each other. What began last ends first. */
export async function startServices(
  { dataDir, concurrency, ruleTickMs, metricsAheadMs, port }: ServicesOptions,
  closing: AsyncDisposableStack,
): Promise<Services> {
  const dynamo = await startDynamo({ path: join(dataDir, 'dynamodb') });
  closing.defer(() => dynamo.close());
  const logs = startLogs({ dir: join(dataDir, 'logs') });
  const keepMessage = openTopicMessages(join(dataDir, 'sns'));
  const messaging = await startMessaging({
    port: () => port,
    onPublish(published) {
      keepMessage(published);
      const group = published.topicArn.split(':').slice(2).join('/');
      logs.appendLog(group, 'messages', JSON.stringify(published));
    },
  });
  closing.defer(() => messaging.close());
  const lambda = startLambda();
  closing.defer(() => lambda.close());
  const rules = makeRules({ invokeAsync: lambda.invokeAsync, tickMs: ruleTickMs });
  const cloudWatch = startCloudWatch({
    aheadMs: metricsAheadMs,
    onAlarm(change) {
      for (const topicArn of actionsOf(change)) messaging.publish({ topicArn, ...toNotification(change) });
      rules.publish(
        'aws.cloudwatch',
        'CloudWatch Alarm State Change',
        change.alarm.arn,
        toAlarmEvent(change),
      );
    },
  });
  closing.defer(() => cloudWatch.close());
  const stepFunctions = startStepFunctions({
    dir: join(dataDir, 'stepfunctions'),
    invoke: lambda.invoke,
    functionNames: lambda.functionNames,
    onEnd(execution) {
      cloudWatch.ingestLogLine(toEndLine(execution));
      const detail = toStatusChange(execution);
      rules.publish('aws.states', 'Step Functions Execution Status Change', execution.arn, detail);
    },
  });
  closing.defer(() => stepFunctions.close());
  const ecs = startEcs({
    dir: join(dataDir, 'ecs'),
    concurrency,
    onChange: (task) =>
      rules.publish('aws.ecs', 'ECS Task State Change', task.taskArn, parseJson(JSON.stringify(task))),
    onLine(group, stream, line) {
      logs.appendLog(group, stream, line);
      cloudWatch.ingestLogLine(line);
    },
  });
  // Tasks that are told to stop may still want to tell the API: they end while everything else is there.
  closing.defer(() => ecs.close());
  const s3 = startS3({ dir: join(dataDir, 's3') });
  const secrets = startSecrets({ file: join(dataDir, 'secrets.json') });
  return { dynamo, s3, secrets, cloudWatch, logs, messaging, lambda, ecs, rules, stepFunctions };
}
