import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { wakeMessage } from '#contracts/wake-message.ts';
import { type LocalAws, startLocalAws } from './local-aws.ts';

let aws: LocalAws;
beforeAll(async () => {
  aws = await startLocalAws();
});
afterAll(() => aws.close());
const never = new AbortController().signal;

describe('the queue on AWS', () => {
  it('delivers a wake-up as it was sent [A2]', async () => {
    const { queue, name, messaging } = await aws.newQueue();
    await queue.send({ v: 1, jobId: 'job-1' });
    const [message] = await messaging.receive(name, 10, 1, never);
    expect(wakeMessage.parse(JSON.parse(message?.Body ?? ''))).toEqual({ v: 1, jobId: 'job-1' });
  });

  it('holds back what is sent with a delay', async () => {
    const { queue, name, messaging } = await aws.newQueue();
    await queue.send({ v: 1 }, 900);
    expect(await messaging.receive(name, 10, 0, never)).toEqual([]);
  });
});
