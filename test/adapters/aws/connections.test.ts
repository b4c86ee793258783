import { describe, expect, test } from '@jest/globals';
import { makeStream, type Post } from '../../../lib/adapters/aws/connections.ts';

function makeBed(post: Post, pushMs = 60_000) {
  const dropped: string[] = [];
  const watches = {
    of: async () => [],
    drop: async (_id: string, connection: string) => void dropped.push(connection),
  };
  return { stream: makeStream({} as never, 'http://nowhere.example', { post, watches, pushMs }), dropped };
}

describe('messages', () => {
  test('reach every connection in order', async () => {
    const got = new Map<string, string[]>();
    const { stream } = makeBed(async (connection, text) => {
      got.set(connection, [...(got.get(connection) ?? []), text]);
      return 'sent';
    });
    const connections = Array.from({ length: 200 }, (_, n) => `c${n}`);
    expect(await stream.push('job-1', connections, ['a', 'b'])).toEqual({ missed: 0 });
    expect(got.size).toBe(200);
    expect([...got.values()].every((texts) => texts.join('') === 'ab')).toBe(true);
  });

  test('drop a connection that is gone, which is no failure', async () => {
    const { stream, dropped } = makeBed(async (connection) => (connection === 'old' ? 'gone' : 'sent'));
    expect(await stream.push('job-1', ['new', 'old'], ['a', 'b'])).toEqual({ missed: 0 });
    expect(dropped).toEqual(['old']);
  });

  test('that fail at one connection end for it there, and others get theirs', async () => {
    const got: string[] = [];
    const { stream } = makeBed(async (connection, text) => {
      if (connection === 'bad') throw new Error('throttled');
      got.push(`${connection}${text}`);
      return 'sent';
    });
    expect(await stream.push('job-1', ['bad', 'good'], ['a', 'b'])).toEqual({ missed: 1 });
    expect(got).toEqual(['gooda', 'goodb']);
  });
});

test('a connection that does not answer holds nobody up for longer than is allowed', async () => {
  const mute: Post = (_connection, _text, signal) =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  expect(await makeBed(mute, 20).stream.push('job-1', ['mute'], ['a'])).toEqual({ missed: 1 });
});
