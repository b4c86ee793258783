import { buildApp } from 'fauxqs';
import { accountId, arnOf, region } from './place.ts';
import type { AwsRequest, AwsResponse, LocalService } from './service.ts';
import { ServiceFault } from './service-fault.ts';
import type { TopicMessage } from './topic-messages.ts';

/** As SQS tells it. */
export interface QueueMessage {
  MessageId: string;
  ReceiptHandle: string;
  Body: string;
  MD5OfBody: string;
  /** `ApproximateReceiveCount`, `SentTimestamp` … */
  Attributes: Record<string, string>;
}

type Fields = Record<string, unknown>;

export interface Messaging {
  sqs: LocalService;
  sns: LocalService;
  /** Takes the resolved properties of `AWS::SQS::Queue`. Idempotent. */
  ensureQueue(properties: Fields): Promise<{ arn: string; url: string; name: string }>;
  /** Idempotent; returns the ARN. */
  ensureTopic(name: string): Promise<string>;
  /** Best effort, at once: whoever cannot be told is named in the log. */
  publish(message: Omit<TopicMessage, 'messageId'>): void;
  send(queueName: string, body: string): Promise<void>;
  /** Messages that nobody has in hand. */
  waiting(queueName: string): Promise<number>;
  /** Long poll for up to `waitSeconds`. What arrives after an abort goes back to the queue at once. */
  receive(queueName: string, max: number, waitSeconds: number, signal: AbortSignal): Promise<QueueMessage[]>;
  deleteMessage(queueName: string, receiptHandle: string): Promise<void>;
  /** Ends pending long polls. */
  close(): Promise<void>;
}

const queueAttributes = [
  'VisibilityTimeout',
  'MessageRetentionPeriod',
  'DelaySeconds',
  'ReceiveMessageWaitTimeSeconds',
  'MaximumMessageSize',
];

export interface MessagingOptions {
  port(): number;
  /** Told of every message that a topic has accepted. */
  onPublish?(published: TopicMessage): void;
}

type App = ReturnType<typeof buildApp>;

/** SQS and SNS by fauxqs, in memory and without a socket of its own. The port is that of the local cloud. */
export async function startMessaging(options: MessagingOptions): Promise<Messaging> {
  const app = buildApp({ logger: false, defaultRegion: region });
  await app.ready();
  const queuePath = (): string => `http://127.0.0.1:${options.port()}/${accountId}/`;

  async function call(operation: string, input: Fields): Promise<Fields> {
    const type = 'application/x-amz-json-1.0';
    const headers = { 'content-type': type, 'x-amz-target': `AmazonSQS.${operation}` };
    return post(app, headers, JSON.stringify(input));
  }
  const callQueue = (operation: string, queueName: string, input: Fields): Promise<Fields> =>
    call(operation, { QueueUrl: queuePath() + queueName, ...input });

  /** Polls second by second: a poll inside fauxqs cannot be taken back, and would swallow messages after an abort. */
  async function receive(queueName: string, max: number, waitSeconds: number, signal: AbortSignal) {
    const until = Date.now() + waitSeconds * 1000;
    while (!signal.aborted) {
      const { Messages } = await callQueue('ReceiveMessage', queueName, {
        MaxNumberOfMessages: max,
        WaitTimeSeconds: Date.now() < until ? 1 : 0,
        MessageSystemAttributeNames: ['All'],
      });
      const messages = (Messages ?? []) as QueueMessage[];
      if (!signal.aborted && (messages.length > 0 || Date.now() >= until)) return messages;
      if (signal.aborted) await giveBack(queueName, messages);
    }
    return [];
  }

  async function giveBack(queueName: string, messages: QueueMessage[]): Promise<void> {
    for (const { ReceiptHandle } of messages)
      await callQueue('ChangeMessageVisibility', queueName, { ReceiptHandle, VisibilityTimeout: 0 });
  }

  return {
    sqs: { handle: async (request) => ownQueueUrls(await inject(app, request), queuePath()) },
    sns: { handle: (request) => passToTopics(app, request, options.onPublish) },
    async ensureQueue(properties) {
      if (properties.FifoQueue !== undefined) throw new Error('FIFO queues are not handled');
      const name = String(properties.QueueName);
      await call('CreateQueue', { QueueName: name, Attributes: attributesOf(properties) });
      return { arn: arnOf('sqs', name), url: queuePath() + name, name };
    },
    async ensureTopic(name) {
      const query = new URLSearchParams({ Action: 'CreateTopic', Name: name });
      await post(app, { 'content-type': 'application/x-www-form-urlencoded' }, query.toString());
      return arnOf('sns', name);
    },
    publish({ topicArn, subject, message }) {
      const form = new URLSearchParams({ Action: 'Publish', TopicArn: topicArn, Message: message });
      if (subject !== undefined) form.set('Subject', subject);
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const request = { operation: 'Publish', headers, body: Buffer.from(form.toString()) };
      passToTopics(app, request, options.onPublish).catch((error: unknown) =>
        console.error(`local cloud: ${topicArn} was not told`, error),
      );
    },
    async send(queueName, body) {
      await callQueue('SendMessage', queueName, { MessageBody: body });
    },
    async waiting(queueName) {
      const AttributeNames = ['ApproximateNumberOfMessages'];
      const { Attributes } = await callQueue('GetQueueAttributes', queueName, { AttributeNames });
      return Number((Attributes as Record<string, string>).ApproximateNumberOfMessages);
    },
    receive,
    async deleteMessage(queueName, ReceiptHandle) {
      await callQueue('DeleteMessage', queueName, { ReceiptHandle });
    },
    close: () => app.close(),
  };
}

/** A call that the local cloud makes itself, and that must not fail. */
async function post(app: App, headers: Record<string, string>, payload: string): Promise<Fields> {
  const response = await app.inject({ method: 'POST', url: '/', headers, payload });
  if (response.statusCode !== 200) throw new Error(`fauxqs: ${response.body}`);
  return response.body.startsWith('{') ? response.json() : {};
}

type Passed = Pick<AwsRequest, 'operation' | 'headers' | 'body'>;

async function inject(app: App, request: Passed): Promise<AwsResponse> {
  const { authorization: _, 'content-length': __, ...headers } = request.headers;
  const response = await app.inject({ method: 'POST', url: '/', headers, payload: request.body });
  const { 'content-length': ___, ...rest } = response.headers;
  const kept = Object.entries(rest).map(([name, value]) => [name, String(value)]);
  return { status: response.statusCode, headers: Object.fromEntries(kept), body: response.rawPayload };
}

async function passToTopics(
  app: App,
  request: Passed,
  onPublish: MessagingOptions['onPublish'],
): Promise<AwsResponse> {
  if (request.operation === 'PublishBatch')
    throw new ServiceFault(
      501,
      'NotImplemented',
      'The local SNS publishes one message at a time; use Publish',
    );
  const response = await inject(app, request);
  if (request.operation !== 'Publish' || response.status !== 200) return response;
  const form = new URLSearchParams(request.body.toString('utf8'));
  const messageId = /<MessageId>([^<]*)/.exec(String(response.body))?.[1] ?? '';
  const topicArn = form.get('TopicArn') ?? form.get('TargetArn') ?? '';
  const [subject, message] = [form.get('Subject') ?? undefined, form.get('Message') ?? ''];
  onPublish?.({ topicArn, messageId, subject, message });
  return response;
}

/** fauxqs names queues by a host that does not resolve; clients send their messages to whatever host they read. */
function ownQueueUrls(response: AwsResponse, queuePath: string): AwsResponse {
  const text = String(response.body ?? '');
  if (!text.includes('"QueueUrl')) return response;
  return { ...response, body: text.replace(/"http:\/\/sqs\.[^/"]+\/\d{12}\//g, `"${queuePath}`) };
}

function attributesOf(properties: Fields): Record<string, string> {
  const attributes = queueAttributes
    .filter((name) => properties[name] !== undefined)
    .map((name) => [name, String(properties[name])]);
  const { RedrivePolicy } = properties;
  if (RedrivePolicy !== undefined) attributes.push(['RedrivePolicy', JSON.stringify(RedrivePolicy)]);
  return Object.fromEntries(attributes);
}
