import { buildApp } from 'fauxqs';
import type { AwsRequest, AwsResponse, LocalService } from './service.ts';

export interface QueueMessage {
  messageId: string;
  receiptHandle: string;
  body: string;
  /** `ApproximateReceiveCount`, `SentTimestamp` … */
  attributes: Record<string, string>;
  messageAttributes: Record<string, unknown>;
  md5OfBody: string;
}

export interface MessagingOptions {
  /** The local cloud's port; asked late, because queues are made before the server listens. */
  port(): number;
  region?: string;
}

export interface Messaging {
  sqs: LocalService;
  sns: LocalService;
  /** Takes the resolved properties of `AWS::SQS::Queue`. Idempotent. */
  ensureQueue(properties: Record<string, unknown>): Promise<{ arn: string; url: string; name: string }>;
  /** Takes the resolved properties of `AWS::SNS::Topic`. Idempotent. */
  ensureTopic(properties: Record<string, unknown>): Promise<{ arn: string; name: string }>;
  queueUrl(name: string): string;
  send(queueName: string, body: string, delaySeconds?: number): Promise<void>;
  /** Long poll for up to `waitSeconds`. What arrives after an abort goes back to the queue at once. */
  receive(queueName: string, max: number, waitSeconds: number, signal: AbortSignal): Promise<QueueMessage[]>;
  deleteMessage(queueName: string, receiptHandle: string): Promise<void>;
  changeVisibility(queueName: string, receiptHandle: string, seconds: number): Promise<void>;
  /** Ends pending long polls. */
  close(): Promise<void>;
}

/** fauxqs knows no other account. */
const ACCOUNT_ID = '000000000000';
const QUEUE_ATTRIBUTES = [
  'VisibilityTimeout',
  'MessageRetentionPeriod',
  'DelaySeconds',
  'ReceiveMessageWaitTimeSeconds',
  'MaximumMessageSize',
  'FifoQueue',
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'FifoThroughputLimit',
];

type App = ReturnType<typeof buildApp>;

/** SQS and SNS by fauxqs, in memory and without a socket of its own. */
export async function startMessaging(options: MessagingOptions): Promise<Messaging> {
  const region = options.region ?? 'us-east-1';
  const app = buildApp({ logger: false, defaultRegion: region });
  await app.ready();
  const queueUrl = (name: string) => `http://127.0.0.1:${options.port()}/${ACCOUNT_ID}/${name}`;
  const call = makeSqsCall(app);
  return {
    sqs: { handle: async (request) => ownQueueUrls(await inject(app, request), options.port()) },
    sns: { handle: (request) => inject(app, request) },
    queueUrl,
    ensureQueue: async (properties) => {
      const name = requireName(properties.QueueName, 'QueueName');
      await call('CreateQueue', { QueueName: name, Attributes: queueAttributes(properties) });
      return { arn: `arn:aws:sqs:${region}:${ACCOUNT_ID}:${name}`, url: queueUrl(name), name };
    },
    ensureTopic: async (properties) => {
      const name = requireName(properties.TopicName, 'TopicName');
      await ensureTopic(app, name, `arn:aws:sns:${region}:${ACCOUNT_ID}:${name}`, properties.Subscription);
      return { arn: `arn:aws:sns:${region}:${ACCOUNT_ID}:${name}`, name };
    },
    send: async (queueName, body, delaySeconds) => {
      await call('SendMessage', {
        QueueUrl: queueUrl(queueName),
        MessageBody: body,
        DelaySeconds: delaySeconds,
      });
    },
    receive: (queueName, max, waitSeconds, signal) =>
      receive(call, queueUrl(queueName), max, waitSeconds, signal),
    deleteMessage: async (queueName, receiptHandle) => {
      await call('DeleteMessage', { QueueUrl: queueUrl(queueName), ReceiptHandle: receiptHandle });
    },
    changeVisibility: (queueName, receiptHandle, seconds) =>
      changeVisibility(call, queueUrl(queueName), receiptHandle, seconds),
    close: () => app.close(),
  };
}

type SqsCall = (operation: string, input: Record<string, unknown>) => Promise<Record<string, unknown>>;

function makeSqsCall(app: App): SqsCall {
  return async (operation, input) => {
    const response = await app.inject({
      method: 'POST',
      url: '/',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${operation}` },
      payload: JSON.stringify(input),
    });
    if (response.statusCode !== 200) throw new Error(`${operation} failed: ${response.body}`);
    return response.body === '' ? {} : response.json();
  };
}

async function inject(app: App, request: AwsRequest): Promise<AwsResponse> {
  const { authorization: _, 'content-length': __, ...headers } = request.headers;
  // Queues of this stack are of one region, whatever region a client signs for.
  const response = await app.inject({ method: 'POST', url: '/', headers, payload: request.body });
  const { 'content-length': ___, ...rest } = response.headers;
  const kept = Object.entries(rest).map(([name, value]) => [name, String(value)]);
  return { status: response.statusCode, headers: Object.fromEntries(kept), body: response.rawPayload };
}

/** fauxqs names queues by a host that does not resolve; clients send their messages to whatever host they read. */
function ownQueueUrls(response: AwsResponse, port: number): AwsResponse {
  const text = String(response.body ?? '');
  if (!text.includes('"QueueUrl')) return response;
  const own = `"http://127.0.0.1:${port}/${ACCOUNT_ID}/`;
  return { ...response, body: text.replace(/"http:\/\/sqs\.[^/"]+\/\d{12}\//g, own) };
}

function requireName(value: unknown, property: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`${property} must be given: the local cloud makes up no names`);
}

function queueAttributes(properties: Record<string, unknown>): Record<string, string> {
  const attributes = QUEUE_ATTRIBUTES.filter((name) => properties[name] !== undefined).map((name) => [
    name,
    String(properties[name]),
  ]);
  const redrive = properties.RedrivePolicy;
  if (redrive !== undefined) attributes.push(['RedrivePolicy', toJson(redrive)]);
  return Object.fromEntries(attributes);
}

const toJson = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

async function ensureTopic(app: App, name: string, arn: string, subscriptions: unknown): Promise<void> {
  await query(app, { Action: 'CreateTopic', Name: name });
  for (const subscription of Array.isArray(subscriptions) ? subscriptions : []) {
    const { Protocol, Endpoint } = subscription as { Protocol: string; Endpoint: string };
    await query(app, { Action: 'Subscribe', TopicArn: arn, Protocol, Endpoint });
  }
}

async function query(app: App, input: Record<string, string>): Promise<void> {
  const response = await app.inject({
    method: 'POST',
    url: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(input).toString(),
  });
  if (response.statusCode !== 200) throw new Error(`${input.Action} failed: ${response.body}`);
}

/** Polls second by second: a poll inside fauxqs cannot be taken back, and would swallow messages after an abort. */
async function receive(
  call: SqsCall,
  url: string,
  max: number,
  waitSeconds: number,
  signal: AbortSignal,
): Promise<QueueMessage[]> {
  const until = Date.now() + waitSeconds * 1000;
  while (!signal.aborted) {
    const output = await call('ReceiveMessage', {
      QueueUrl: url,
      MaxNumberOfMessages: max,
      WaitTimeSeconds: Date.now() < until ? 1 : 0,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    const messages = ((output.Messages ?? []) as SqsMessage[]).map(toQueueMessage);
    if (messages.length > 0 && signal.aborted) {
      for (const message of messages) await changeVisibility(call, url, message.receiptHandle, 0);
      return [];
    }
    if (messages.length > 0 || Date.now() >= until) return messages;
  }
  return [];
}

async function changeVisibility(call: SqsCall, url: string, handle: string, seconds: number): Promise<void> {
  await call('ChangeMessageVisibility', { QueueUrl: url, ReceiptHandle: handle, VisibilityTimeout: seconds });
}

interface SqsMessage {
  MessageId: string;
  ReceiptHandle: string;
  Body: string;
  MD5OfBody: string;
  Attributes?: Record<string, string>;
  MessageAttributes?: Record<string, unknown>;
}

function toQueueMessage(message: SqsMessage): QueueMessage {
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: message.MessageAttributes ?? {},
    md5OfBody: message.MD5OfBody,
  };
}
