import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Sha256 } from '@aws-crypto/sha256-js';
import {
  DescribeExecutionCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { NotFoundException, PublishBatchCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import { type LocalCloud, startLocalCloud } from '../../../lib/local/cloud.ts';
import { until } from '../compute/harness.ts';
import { makeTempDir } from './harness.ts';

const hash = 'c'.repeat(64);
const waitForToken = 'arn:aws:states:::lambda:invoke.waitForTaskToken';

/** One function that writes down what it gets: a token from the machine, or an event from the rule. */
const code = `
import { appendFileSync } from 'node:fs';
export async function handler(event) {
  appendFileSync(process.env.CALLS, JSON.stringify(event) + '\\n');
  if (event.fail) throw Object.assign(new Error('no'), { name: 'internal' });
}`;

/** As CDK writes a definition: text, with the function's ARN joined into it. */
const definitionString = {
  'Fn::Join': [
    '',
    [
      `{"StartAt":"Wait","States":{"Wait":{"Type":"Task","TimeoutSeconds":60,"Resource":"${waitForToken}",` +
        '"Parameters":{"FunctionName":"',
      { 'Fn::GetAtt': ['Recorder', 'Arn'] },
      '","Payload":{"token.$":"$$.Task.Token","fail.$":"$.fail"}},"End":true}}}',
    ],
  ],
};

function template(callsFile: string, type: string): object {
  return {
    Resources: {
      Recorder: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          FunctionName: 'recorder',
          Code: { S3Key: `${hash}.zip` },
          Handler: 'index.handler',
          Runtime: 'nodejs24.x',
          Timeout: 30,
          Role: 'arn:aws:iam::000000000000:role/recorder',
          Environment: { Variables: { CALLS: callsFile } },
        },
      },
      Cycle: {
        Type: 'AWS::StepFunctions::StateMachine',
        Properties: {
          StateMachineName: 'cycle',
          StateMachineType: type,
          DefinitionString: definitionString,
          RoleArn: 'arn:aws:iam::000000000000:role/cycle',
        },
      },
      Ended: {
        Type: 'AWS::Events::Rule',
        Properties: {
          State: 'ENABLED',
          EventPattern: {
            source: ['aws.states'],
            'detail-type': ['Step Functions Execution Status Change'],
            detail: { stateMachineArn: [{ Ref: 'Cycle' }], status: ['FAILED', 'TIMED_OUT', 'ABORTED'] },
          },
          Targets: [{ Id: 'Recorder', Arn: { 'Fn::GetAtt': ['Recorder', 'Arn'] } }],
        },
      },
      News: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'news' } },
    },
    Outputs: {
      CycleArn: { Value: { 'Fn::GetAtt': ['Cycle', 'Arn'] } },
      NewsArn: { Value: { Ref: 'News' } },
    },
  };
}

const temp = await makeTempDir();
const callsFile = join(temp.dir, 'calls.jsonl');
const dataDir = join(temp.dir, 'data');

/** A cloud assembly as `cdk synth` leaves it, written by hand. */
function writeAssembly(name: string, type: string): string {
  const dir = join(temp.dir, name);
  mkdirSync(join(dir, `asset.${hash}`), { recursive: true });
  const properties = { templateFile: 'S.template.json' };
  const write = (file: string, value: object) => writeFileSync(join(dir, file), JSON.stringify(value));
  write('manifest.json', { artifacts: { S: { type: 'aws:cloudformation:stack', properties } } });
  write('S.template.json', template(callsFile, type));
  write('S.assets.json', { files: { [hash]: { source: { path: `asset.${hash}` } } } });
  writeFileSync(join(dir, `asset.${hash}`, 'index.mjs'), code);
  return dir;
}

let cloud: LocalCloud;
let sfn: SFNClient;
let sns: SNSClient;

async function open(): Promise<void> {
  cloud = await startLocalCloud({ assemblyDir: writeAssembly('assembly', 'STANDARD'), dataDir });
  const { url: endpoint, region, clientCredentials: credentials } = cloud;
  sfn = new SFNClient({ endpoint, region, credentials, maxAttempts: 1 });
  sns = new SNSClient({ endpoint, region, credentials, maxAttempts: 1 });
}

async function shut(): Promise<void> {
  sfn.destroy();
  sns.destroy();
  await cloud.close();
}

beforeAll(open);
afterAll(async () => {
  await shut();
  await temp.remove();
});

const lines = (file: string): Record<string, unknown>[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** The first call of the function that looks so. */
const called = (key: string, value?: unknown) =>
  until(`a call with ${key}`, () => {
    try {
      return lines(callsFile).findLast((call) => key in call && (value === undefined || call[key] === value));
    } catch {
      // The function has not been called yet.
      return undefined;
    }
  });

const start = async (name: string, fail: boolean): Promise<string> => {
  const input = JSON.stringify({ fail });
  const stateMachineArn = cloud.outputs.CycleArn;
  return (await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input }))).executionArn ?? '';
};

const reaches = (executionArn: string, wanted: string) =>
  until(`${executionArn} is ${wanted}`, async () => {
    const { status } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    return status === wanted ? status : undefined;
  });

/** The sum of one of the machine's metrics, as CloudWatch tells it. */
async function sumOf(MetricName: string): Promise<unknown> {
  const { url, region, clientCredentials: credentials } = cloud;
  const signer = new SignatureV4({ credentials, region, service: 'monitoring', sha256: Sha256 });
  const { host, hostname, port } = new URL(url);
  const nowSeconds = Math.ceil(Date.now() / 1000);
  const body = JSON.stringify({
    Namespace: 'AWS/States',
    MetricName,
    Dimensions: [{ Name: 'StateMachineArn', Value: cloud.outputs.CycleArn }],
    Statistics: ['Sum'],
    Period: 600,
    StartTime: nowSeconds - 600,
    EndTime: nowSeconds + 1,
  });
  const headers = {
    host,
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'GraniteServiceVersion20100801.GetMetricStatistics',
  };
  const signed = await signer.sign({
    method: 'POST',
    protocol: 'http:',
    hostname,
    port: Number(port),
    path: '/',
    headers,
    body,
  });
  const response = await fetch(url, { method: 'POST', headers: signed.headers, body });
  return ((await response.json()) as { Datapoints: { Sum: number }[] }).Datapoints[0]?.Sum;
}

describe('a state machine of the template', () => {
  it('calls the functions of the stack, and goes on after an orderly end of the cloud', async () => {
    const arn = await start('kept', false);
    const { token } = await called('token');
    await shut();
    await open();
    const again = await until('a new token', async () => {
      const { token: next } = await called('token');
      return next === token ? undefined : String(next);
    });
    await sfn.send(new SendTaskSuccessCommand({ taskToken: again, output: '"yes"' }));
    await reaches(arn, 'SUCCEEDED');
  });

  it('that fails reaches the rule on its ends, and the metric that an alarm watches', async () => {
    const arn = await start('fails', true);
    await reaches(arn, 'FAILED');
    expect(await called('source', 'aws.states')).toMatchObject({
      'detail-type': 'Step Functions Execution Status Change',
      resources: [arn],
      detail: {
        executionArn: arn,
        stateMachineArn: cloud.outputs.CycleArn,
        name: 'fails',
        status: 'FAILED',
        error: 'internal',
      },
    });
    expect([await sumOf('ExecutionsFailed'), await sumOf('ExecutionsSucceeded')]).toEqual([1, 1]);
    expect(lines(callsFile).filter(({ source }) => source === 'aws.states')).toHaveLength(1);
  });

  it('of another type than STANDARD stops the cloud from starting', async () => {
    const assemblyDir = writeAssembly('express', 'EXPRESS');
    const started = startLocalCloud({ assemblyDir, dataDir: join(temp.dir, 'other') });
    await expect(started).rejects.toThrow(/AWS::StepFunctions::StateMachine Cycle: .*only STANDARD/s);
  });
});

describe('the local SNS', () => {
  it('keeps what is published to a topic of the template where one can read it', async () => {
    const TopicArn = cloud.outputs.NewsArn;
    const Message = 'A decision is wanted.\nUntil Friday.';
    const { MessageId } = await sns.send(new PublishCommand({ TopicArn, Subject: 'Approval', Message }));
    expect(lines(join(dataDir, 'sns', 'news.jsonl')).at(-1)).toMatchObject({
      topicArn: TopicArn,
      messageId: MessageId,
      subject: 'Approval',
      message: Message,
    });
    const log = readFileSync(
      join(dataDir, 'logs', 'sns~us-east-1~000000000000~news', 'messages.log'),
      'utf8',
    );
    expect(log).toContain('A decision is wanted.');
  });

  it('keeps the last hundred', async () => {
    const TopicArn = cloud.outputs.NewsArn;
    for (let n = 0; n < 101; n += 1) await sns.send(new PublishCommand({ TopicArn, Message: `n${n}` }));
    const kept = lines(join(dataDir, 'sns', 'news.jsonl'));
    expect(kept).toHaveLength(100);
    expect(kept[0]).toMatchObject({ message: 'n1' });
  });

  it('refuses a topic that the template has not, and what it would not show', async () => {
    const stranger = `${cloud.outputs.NewsArn}-of-others`;
    const publish = new PublishCommand({ TopicArn: stranger, Message: 'x' });
    await expect(sns.send(publish)).rejects.toBeInstanceOf(NotFoundException);
    const PublishBatchRequestEntries = [{ Id: '1', Message: 'x' }];
    const batch = new PublishBatchCommand({ TopicArn: cloud.outputs.NewsArn, PublishBatchRequestEntries });
    await expect(sns.send(batch)).rejects.toThrow('use Publish');
  });
});
