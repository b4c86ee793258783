import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { isObject, type Json, type JsonObject, parseJson } from './json.ts';
import type { InvokeOutcome } from './lambda-protocol.ts';
import type { Messaging, QueueMessage } from './messaging.ts';

const waitSeconds = 20;
/** After a failed receive, so that a broken queue does not spin. */
const retryMs = 500;

/** The resolved properties of `AWS::Lambda::EventSourceMapping`; queues are the only source here. */
export const eventSourceProperties = z.object({
  EventSourceArn: z.string().startsWith('arn:aws:sqs:', 'the local cloud polls SQS queues only'),
  FunctionName: z.string(),
  Enabled: z.coerce.boolean().default(true),
  BatchSize: z.coerce.number().default(10),
  FunctionResponseTypes: z.array(z.string()).default([]),
  ScalingConfig: z.object({ MaximumConcurrency: z.coerce.number().default(2) }).optional(),
  FilterCriteria: z.never('filters of event sources are not handled').optional(),
});

export interface EventSourceOptions {
  queueArn: string;
  functionName: string;
  batchSize: number;
  /** Pollers, each with one batch at a time. */
  concurrency: number;
  reportsBatchItemFailures: boolean;
  messaging: Pick<Messaging, 'receive' | 'deleteMessage'>;
  invoke(functionName: string, event: Json): Promise<InvokeOutcome>;
  log(line: string): void;
}

export interface EventSource {
  /** Stops polling; resolves when the batches in hand are settled. */
  close(): Promise<void>;
}

function toAttribute(value: unknown): Json {
  const { StringValue, BinaryValue, DataType } = value as Record<string, string | undefined>;
  return {
    ...(StringValue === undefined ? {} : { stringValue: StringValue }),
    ...(BinaryValue === undefined ? {} : { binaryValue: BinaryValue }),
    stringListValues: [],
    binaryListValues: [],
    dataType: DataType ?? 'String',
  };
}

function toRecord(message: QueueMessage, queueArn: string): JsonObject {
  const attributes = Object.entries(message.messageAttributes).map(([name, value]) => [
    name,
    toAttribute(value),
  ]);
  return {
    messageId: message.messageId,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: message.attributes,
    messageAttributes: Object.fromEntries(attributes),
    md5OfBody: message.md5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: queueArn.split(':')[3] ?? '',
  };
}

/** Which messages a function reported as failed; `all` where the report itself makes no sense, as on AWS. */
export function failedMessages(payload: string, batch: ReadonlySet<string>): ReadonlySet<string> | 'all' {
  const report = parseJson(payload);
  if (!isObject(report) || report.batchItemFailures == null) return new Set();
  if (!Array.isArray(report.batchItemFailures)) return 'all';
  const failed = new Set<string>();
  for (const entry of report.batchItemFailures) {
    const id = isObject(entry) ? entry.itemIdentifier : undefined;
    if (typeof id !== 'string' || !batch.has(id)) return 'all';
    failed.add(id);
  }
  return failed;
}

/** Polls a queue and hands its messages to a function. What fails comes back by its visibility timeout. */
export function startEventSource(options: EventSourceOptions): EventSource {
  const { messaging, queueArn } = options;
  const queueName = queueArn.split(':').at(-1) ?? '';
  const stopping = new AbortController();

  async function process(messages: QueueMessage[]): Promise<void> {
    const event = { Records: messages.map((message) => toRecord(message, queueArn)) };
    const outcome = await options.invoke(options.functionName, event);
    if (!outcome.ok) return;
    const ids = new Set(messages.map(({ messageId }) => messageId));
    const failed = options.reportsBatchItemFailures
      ? failedMessages(outcome.payload, ids)
      : new Set<string>();
    if (failed === 'all') return;
    const done = messages.filter(({ messageId }) => !failed.has(messageId));
    await Promise.all(done.map(({ receiptHandle }) => messaging.deleteMessage(queueName, receiptHandle)));
  }

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const messages = await messaging.receive(
          queueName,
          Math.min(options.batchSize, 10),
          waitSeconds,
          stopping.signal,
        );
        if (messages.length > 0) await process(messages);
      } catch (error) {
        if (stopping.signal.aborted) return;
        options.log(`event source ${queueName}: ${error instanceof Error ? error.message : String(error)}`);
        await delay(retryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  }

  const pollers = Array.from({ length: options.concurrency }, poll);
  return {
    async close() {
      stopping.abort();
      await Promise.all(pollers);
    },
  };
}
