import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Queue } from '#core/ports/queue.ts';
import { maxAttempts } from './clients.ts';

export function makeSqsQueue(QueueUrl: string, client = new SQSClient({ maxAttempts })): Queue {
  return {
    async send(message, delaySeconds = 0) {
      const delay = delaySeconds > 0 ? { DelaySeconds: delaySeconds } : {};
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(message), ...delay }));
    },
  };
}
