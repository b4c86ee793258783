import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { isObject, type Json, type JsonObject, parseJson } from './json.ts';
import type { InvokeOutcome } from './lambda-protocol.ts';
import type { Messaging, QueueMessage } from './messaging.ts';
import { region } from './place.ts';

const waitSeconds = 20;
/** After a failed receive, so that a broken queue does not spin. */
const retryMs = 500;

/** The resolved properties of `AWS::Lambda::EventSourceMapping`; queues are the only source here. */
export const eventSourceProperties = z.object({
  EventSourceArn: z.string().startsWith('arn:aws:sqs:', 'the local cloud polls SQS queues only'),
  FunctionName: z.string(),
  BatchSize: z.coerce.number().max(10, 'batching windows are not handled').default(10),
  FunctionResponseTypes: z.array(z.string()).default([]),
  /** Pollers, each with one batch at a time. */
  ScalingConfig: z.object({ MaximumConcurrency: z.coerce.number() }).default({ MaximumConcurrency: 2 }),
  Enabled: z.literal(true, 'event sources are always enabled here').optional(),
  FilterCriteria: z.never('filters of event sources are not handled').optional(),
});
export type EventSourceProperties = z.infer<typeof eventSourceProperties>;

export interface EventSourceHands {
  messaging: Pick<Messaging, 'receive' | 'deleteMessage'>;
  invoke(functionName: string, event: Json): Promise<InvokeOutcome>;
}

export interface EventSource {
  /** Stops polling; a batch in hand ends with its function. */
  stop(): void;
}

function toRecord(message: QueueMessage, queueArn: string): JsonObject {
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes,
    messageAttributes: {},
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
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
export function startEventSource(properties: EventSourceProperties, hands: EventSourceHands): EventSource {
  const { EventSourceArn: queueArn, FunctionName, BatchSize, FunctionResponseTypes } = properties;
  const queueName = queueArn.split(':').at(-1) ?? '';
  const reportsFailures = FunctionResponseTypes.includes('ReportBatchItemFailures');
  const stopping = new AbortController();

  async function process(messages: QueueMessage[]): Promise<void> {
    const event = { Records: messages.map((message) => toRecord(message, queueArn)) };
    const outcome = await hands.invoke(FunctionName, event);
    if (!outcome.ok) return;
    const ids = new Set(messages.map(({ MessageId }) => MessageId));
    const failed = reportsFailures ? failedMessages(outcome.payload, ids) : new Set<string>();
    if (failed === 'all') return;
    const done = messages.filter(({ MessageId }) => !failed.has(MessageId));
    await Promise.all(
      done.map(({ ReceiptHandle }) => hands.messaging.deleteMessage(queueName, ReceiptHandle)),
    );
  }

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const messages = await hands.messaging.receive(queueName, BatchSize, waitSeconds, stopping.signal);
        if (messages.length > 0) await process(messages);
      } catch (error) {
        if (stopping.signal.aborted) return;
        console.error(`local cloud: the event source of ${queueName} failed`, error);
        await delay(retryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  }

  for (let n = 0; n < properties.ScalingConfig.MaximumConcurrency; n += 1) void poll();
  return { stop: () => stopping.abort() };
}
