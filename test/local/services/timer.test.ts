import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { sleep } from '../../../lib/local/timer.ts';

describe('a sleep', () => {
  it('longer than a timer of Node does not end at once, but with its signal', async () => {
    const owner = new AbortController();
    const reason = new Error('stopped');
    const slept = sleep(2 ** 33, owner.signal).then(() => 'slept');
    expect(await Promise.race([slept, delay(30, 'still asleep')])).toBe('still asleep');
    owner.abort(reason);
    await expect(slept).rejects.toBe(reason);
  });

  it('of no time is over, unless its signal is aborted', async () => {
    await sleep(0, new AbortController().signal);
    await expect(sleep(10, AbortSignal.abort(new Error('no')))).rejects.toThrow('no');
  });
});
