import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { sleep } from '../../../lib/local/timer.ts';

const warnings: string[] = [];
const listen = (warning: Error): void => void warnings.push(warning.name);
process.on('warning', listen);
afterEach(() => void process.off('warning', listen));

describe('a sleep', () => {
  it('longer than a timer of Node neither ends at once nor overflows it, and ends with its signal', async () => {
    const owner = new AbortController();
    const reason = new Error('stopped');
    const slept = sleep(2 ** 33, owner.signal).then(() => 'slept');
    expect(await Promise.race([slept, delay(30, 'still asleep')])).toBe('still asleep');
    owner.abort(reason);
    await expect(slept).rejects.toBe(reason);
    expect(warnings).not.toContain('TimeoutOverflowWarning');
  });

  it('of no time is over, unless its signal is aborted', async () => {
    await sleep(0, new AbortController().signal);
    await expect(sleep(10, AbortSignal.abort(new Error('no')))).rejects.toThrow('no');
  });
});
