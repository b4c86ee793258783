import { cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { writeLocalFile } from '../../../lib/adapters/client/local-file.ts';
import { outputs } from '../../../lib/contracts/settings.ts';
import { muster } from '../../cli/harness.ts';
import { assemblyOf } from './assembly.ts';
import { until } from './client.ts';
import { briskSettings } from './harness.ts';
import { type RunBed, startRunBed } from './run-bed.ts';

const prefix = 'Muster-';

interface Described {
  StateValue: string;
  StateReason: string;
}

/** What an alarm has told its topic, in order. */
interface Told {
  alarm: string;
  state: string;
  was: string;
}

export interface AlarmBed extends RunBed {
  stateOf(alarm: string): Promise<string>;
  isOk(alarm: string): Promise<void>;
  /** Its state, and its topic has heard of it. */
  tells(alarm: string, state: 'ALARM' | 'OK'): Promise<void>;
  /** CloudWatch's clock goes on by so much; nobody else's does. */
  pass(ms: number): void;
  /** Takes the worker's program out of the image, or puts it back. */
  breakImage(isBroken: boolean): void;
  /** Moves times of a row back, as if so much had passed since. */
  age(key: { pk: string; sk: string }, fields: readonly string[], ms: number): Promise<void>;
  sqs: SQSClient;
  /** Writes a row past everything that watches over rows, or takes it away. */
  put(item: { pk: string; sk: string; [field: string]: unknown }): Promise<void>;
  remove(key: { pk: string; sk: string }): Promise<void>;
  /** One command line of `muster`, as an operator types it. */
  operator(...args: string[]): ReturnType<typeof muster>;
}

/** The `prod` stack, which has all alarms, on this machine, with somebody who listens to them. */
export async function startAlarmBed(modelRules: object[], more: object): Promise<AlarmBed> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-alarms-'));
  const settings = { ...briskSettings, profile: 'prod', ...more };
  const assemblyDir = join(folder, 'assembly');
  // A copy, for its image is broken.
  cpSync(await assemblyOf(settings), assemblyDir, { recursive: true });
  let aheadMs = 0;
  const bed = await startRunBed({ settings, modelRules, assemblyDir, metricsAheadMs: () => aheadMs });
  const { url, region, clientCredentials } = bed.cloud;
  writeLocalFile(bed.dataDir, {
    ...{ apiUrl: url, endpointUrl: url, region, pid: process.pid, offlineModel: true },
    ...{ ...clientCredentials, outputs: bed.cloud.outputs },
  });
  const ear = await listen(bed);
  const TableName = bed.cloud.outputs[outputs.tableName];

  async function describe(alarm: string): Promise<Described> {
    const target = 'GraniteServiceVersion20100801.DescribeAlarms';
    const { MetricAlarms } = await bed.callService<{ MetricAlarms: Described[] }>('monitoring', target, {
      AlarmNames: [prefix + alarm],
    });
    const [found] = MetricAlarms;
    if (!found) throw new Error(`there is no alarm ${alarm}`);
    return found;
  }
  const stateOf = async (alarm: string) => (await describe(alarm)).StateValue;

  /** What CloudWatch says of it goes into the error of who waits in vain. */
  async function reaches(alarm: string, state: string): Promise<void> {
    let last: Described | undefined;
    const look = async () => {
      last = await describe(alarm);
      return last.StateValue === state || undefined;
    };
    await until(`${alarm} is ${state}`, look, { limitMs: 60_000 }).catch((cause: Error) => {
      throw new Error(`${cause.message}; ${last?.StateReason}`, { cause });
    });
  }

  return {
    ...bed,
    stateOf,
    isOk: (alarm) => reaches(alarm, 'OK'),
    async tells(alarm, state) {
      await reaches(alarm, state);
      await until(`${alarm} has told that it is ${state}`, async () => {
        const told = (await ear.told()).findLast((each) => each.alarm === alarm);
        return told?.state === state || undefined;
      });
    },
    pass(ms) {
      aheadMs += ms;
    },
    breakImage(isBroken) {
      const [from, to] = isBroken ? ['main.mjs', 'gone.mjs'] : ['gone.mjs', 'main.mjs'];
      for (const image of imagesOf(assemblyDir)) renameSync(join(image, from), join(image, to));
    },
    async age(Key, fields, ms) {
      const names = fields.map((name, index) => [`#f${index}`, name]);
      await bed.dynamo.send(
        new UpdateCommand({
          TableName,
          Key,
          // A version further: whoever has read the row before has to read it again.
          UpdateExpression: `SET ${names.map(([name]) => `${name} = ${name} - :ms`).join(', ')} ADD #version :one`,
          ExpressionAttributeNames: { ...Object.fromEntries(names), '#version': 'version' },
          ExpressionAttributeValues: { ':ms': ms, ':one': 1 },
        }),
      );
    },
    sqs: ear.sqs,
    async put(Item) {
      await bed.dynamo.send(new PutCommand({ TableName, Item }));
    },
    async remove(Key) {
      await bed.dynamo.send(new DeleteCommand({ TableName, Key }));
    },
    operator: (...args) => muster(['--data', bed.dataDir, ...args], { cwd: folder }),
    async close() {
      ear.close();
      await bed.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The worker's image as it was bundled, and as it is an asset: what has a thread for heartbeats. */
function imagesOf(assemblyDir: string): string[] {
  const folders = readdirSync(assemblyDir).map((name) => join(assemblyDir, name));
  return folders.filter((folder) => existsSync(join(folder, 'heartbeat.mjs')));
}

/** A queue that is subscribed to the topic of the alarms, as an operator's own would be. */
async function listen({
  cloud: { url: endpoint, region, clientCredentials: credentials, outputs: of },
}: RunBed) {
  const sqs = new SQSClient({ endpoint, region, credentials });
  const sns = new SNSClient({ endpoint, region, credentials });
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'operator' }));
  const Endpoint = `arn:aws:sqs:${region}:000000000000:operator`;
  const TopicArn = of[outputs.alarmTopicArn];
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint }));
  const told: Told[] = [];

  async function receive(): Promise<boolean> {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    for (const { Body = '' } of Messages) {
      const { AlarmName, NewStateValue, OldStateValue } = JSON.parse(JSON.parse(Body).Message);
      told.push({ alarm: AlarmName.slice(prefix.length), state: NewStateValue, was: OldStateValue });
    }
    return Messages.length > 0;
  }

  return {
    sqs,
    async told(): Promise<readonly Told[]> {
      while (await receive());
      return told;
    },
    close() {
      sqs.destroy();
      sns.destroy();
    },
  };
}
