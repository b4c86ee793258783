import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Announcer } from '#core/ports/workflow.ts';
import { maxAttempts } from './clients.ts';

export function makeSnsAnnouncer(TopicArn: string, client = new SNSClient({ maxAttempts })): Announcer {
  return {
    async announce(Subject, Message) {
      await client.send(new PublishCommand({ TopicArn, Subject, Message }));
    },
  };
}
