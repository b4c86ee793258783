import { expect, test } from '@jest/globals';
import { Exit } from '../../lib/cli/report-error.ts';
import { untilDetached } from '../../lib/cli/until-detached.ts';
import { recordOutput } from '../fakes/recorded-output.ts';

/** Ends only when it is told to, as following does. */
function follow(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

test('Ctrl-C detaches: it is said how to come back, and the exit code says that it was interrupted', async () => {
  const { out, said } = recordOutput();
  const listeners = process.listenerCount('SIGINT');
  const following = untilDetached({ out }, follow, () => 'Come back: muster job watch job-1');
  process.listeners('SIGINT').at(-1)?.('SIGINT');
  const error: unknown = await following.catch((fault: unknown) => fault);
  expect(error).toBeInstanceOf(Exit);
  expect(error).toMatchObject({ exitCode: 130 });
  expect(said()).toBe('\nCome back: muster job watch job-1\n');
  expect(process.listenerCount('SIGINT')).toBe(listeners);
});

test('a failure of its own is passed on, and nothing is said of coming back', async () => {
  const { out, said } = recordOutput();
  const fail = async () => {
    throw new Error('the API is gone');
  };
  await expect(untilDetached({ out }, fail, () => 'Come back')).rejects.toThrow('the API is gone');
  expect(said()).toBe('');
});
