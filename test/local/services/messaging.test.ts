import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Messaging, startMessaging } from '../../../lib/local/messaging.ts';
import type { LocalServer } from '../../../lib/local/server.ts';
import { clientOptions, serveLocally, signedFetch } from './harness.ts';

let messaging: Messaging;
let server: LocalServer;
let client: SQSClient;

beforeAll(async () => {
  messaging = await startMessaging({ port: () => server.port });
  server = await serveLocally({ sqs: messaging.sqs, sns: messaging.sns });
  client = new SQSClient(clientOptions(server));
});

afterAll(async () => {
  client.destroy();
  await server.close();
  await messaging.close();
});

const newQueue = async (name: string, properties: Record<string, unknown> = {}) =>
  (await messaging.ensureQueue({ QueueName: name, ...properties })).url;

const send = (QueueUrl: string, MessageBody: string, DelaySeconds?: number) =>
  client.send(new SendMessageCommand({ QueueUrl, MessageBody, DelaySeconds }));

const receive = async (QueueUrl: string, WaitTimeSeconds = 0) =>
  (await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds, MaxNumberOfMessages: 10 })))
    .Messages ?? [];

const never = new AbortController().signal;

describe('the local SQS', () => {
  it('hands out queue addresses on its own port', async () => {
    const url = await newQueue('jobs', { VisibilityTimeout: 30, MessageRetentionPeriod: 600 });
    expect(url).toBe(`http://127.0.0.1:${server.port}/000000000000/jobs`);
    expect((await client.send(new GetQueueUrlCommand({ QueueName: 'jobs' }))).QueueUrl).toBe(url);
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({
      VisibilityTimeout: '30',
      MessageRetentionPeriod: '600',
      QueueArn: 'arn:aws:sqs:us-east-1:000000000000:jobs',
    });
    expect(await newQueue('jobs', { VisibilityTimeout: 30 })).toBe(url);
  });

  it('delivers a message and forgets it once deleted', async () => {
    const QueueUrl = await newQueue('plain');
    await send(QueueUrl, 'job-1');
    const [message] = await receive(QueueUrl);
    expect(message?.Body).toBe('job-1');
    expect(await receive(QueueUrl)).toEqual([]);
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessagesNotVisible'] }),
    );
    expect(Attributes?.ApproximateNumberOfMessagesNotVisible).toBe('0');
  });

  it('shows a message again when its visibility ends', async () => {
    const QueueUrl = await newQueue('visible', { VisibilityTimeout: 30 });
    await send(QueueUrl, 'again');
    const [first] = await receive(QueueUrl);
    await client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl,
        ReceiptHandle: first?.ReceiptHandle,
        VisibilityTimeout: 0,
      }),
    );
    expect((await receive(QueueUrl)).map(({ Body }) => Body)).toEqual(['again']);
  });

  it('moves a message to the dead-letter queue after its last receipt', async () => {
    const dead = await newQueue('dead');
    const RedrivePolicy = {
      deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:dead',
      maxReceiveCount: 2,
    };
    const QueueUrl = await newQueue('poisoned', { VisibilityTimeout: 0, RedrivePolicy });
    await send(QueueUrl, 'poison');
    expect(await receive(QueueUrl)).toHaveLength(1);
    expect(await receive(QueueUrl)).toHaveLength(1);
    expect(await receive(QueueUrl)).toHaveLength(0);
    expect((await receive(dead)).map(({ Body }) => Body)).toEqual(['poison']);
  });

  it('holds a delayed message back and wakes a long poll with it', async () => {
    const QueueUrl = await newQueue('delayed');
    await send(QueueUrl, 'later', 1);
    expect(await receive(QueueUrl)).toEqual([]);
    expect((await receive(QueueUrl, 5)).map(({ Body }) => Body)).toEqual(['later']);
  });

  it('wakes a long poll as soon as a message arrives', async () => {
    const QueueUrl = await newQueue('polled');
    const poll = receive(QueueUrl, 20);
    const entries = ['a', 'b'].map((Id) => ({ Id, MessageBody: Id }));
    await client.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries }));
    expect((await poll).map(({ Body }) => Body).sort()).toEqual(['a', 'b']);
  });

  it('polls in process and stops when told to', async () => {
    await newQueue('mapped');
    const waiting = messaging.receive('mapped', 10, 20, never);
    await messaging.send('mapped', 'job-1');
    const [message] = await waiting;
    expect(message).toMatchObject({ Body: 'job-1', Attributes: { ApproximateReceiveCount: '1' } });
    await messaging.deleteMessage('mapped', message?.ReceiptHandle ?? '');
    const abort = new AbortController();
    const poll = messaging.receive('mapped', 10, 20, abort.signal);
    abort.abort();
    await messaging.send('mapped', 'job-2');
    expect(await poll).toEqual([]);
    expect((await messaging.receive('mapped', 10, 0, never)).map(({ Body }) => Body)).toEqual(['job-2']);
  });

  it('closes while a long poll is pending', async () => {
    const other = await startMessaging({ port: () => 1 });
    await other.ensureQueue({ QueueName: 'pending' });
    const poll = other.receive('pending', 1, 20, AbortSignal.timeout(50)).catch(() => []);
    await other.close();
    expect(await poll).toEqual([]);
  });
});

describe('the local SNS', () => {
  it('delivers what is published to a subscribed queue', async () => {
    const QueueUrl = await newQueue('alerts');
    const TopicArn = await messaging.ensureTopic('alarms');
    const ask = (parameters: Record<string, string>) =>
      signedFetch(server, {
        method: 'POST',
        service: 'sns',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ TopicArn, ...parameters }).toString(),
      });
    const Endpoint = 'arn:aws:sqs:us-east-1:000000000000:alerts';
    expect((await ask({ Action: 'Subscribe', Protocol: 'sqs', Endpoint })).status).toBe(200);
    expect((await ask({ Action: 'Publish', Message: 'on fire' })).status).toBe(200);
    const [message] = await receive(QueueUrl, 1);
    expect(JSON.parse(message?.Body ?? '{}')).toMatchObject({ Message: 'on fire' });
  });
});
