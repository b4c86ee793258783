import type { LocalService } from './service.ts';

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
  /** The local cloud's port; asked late, because queues are named before the server listens. */
  port(): number;
  region?: string;
  accountId?: string;
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

export async function startMessaging(_options: MessagingOptions): Promise<Messaging> {
  throw new Error('not yet');
}
