import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Settings } from '#contracts/settings.ts';
import { encryptQueue } from './encrypt.ts';

export interface JobQueueProps {
  readonly settings: Settings;
  /** Timeout of the function that reads the queue. */
  readonly consumerTimeout: Duration;
}

/**
 * Wake-ups for the dispatcher. A message is a hint: losing one loses nothing, because the reconciler sends it
 * again from the job's row.
 */
export class JobQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: JobQueueProps) {
    super(scope, id);
    const secure = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    this.deadLetters = new Queue(this, 'DeadLetters', { ...secure, retentionPeriod: Duration.days(14) });
    this.queue = new Queue(this, 'Queue', {
      ...secure,
      // Six times the function's timeout, as AWS asks for: a throttled batch must not come back while it waits.
      visibilityTimeout: Duration.seconds(props.consumerTimeout.toSeconds() * 6),
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: 5 },
    });
    for (const queue of [this.deadLetters, this.queue]) encryptQueue(queue, props.settings);
  }

  /** Lets the function read the queue, and give back the messages that it could not handle. */
  consumeWith(fn: IFunction): void {
    fn.addEventSource(
      new SqsEventSource(this.queue, {
        // One after the other, each a call to ECS of a second or two: five fit well into the function's timeout.
        batchSize: 5,
        reportBatchItemFailures: true,
        // More would only race for the same few slots: one call starts as many workers as there are.
        maxConcurrency: 2,
      }),
    );
  }
}
