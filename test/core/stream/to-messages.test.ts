import { expect, test } from '@jest/globals';
import type { StreamedEvent } from '../../../lib/contracts/stream.ts';
import { toMessages } from '../../../lib/core/stream/to-messages.ts';

function text(seq: number, characters: number, character = 'x'): StreamedEvent {
  return { type: 'text', atMs: 1, text: character.repeat(characters), attempt: 1, seq };
}

function messagesOf(...items: StreamedEvent[]) {
  return toMessages({ watch: 'job-1', items, cursorBehind: ({ seq }) => `c${seq}`, live: true });
}

test('events travel together, with the cursor behind the last', () => {
  expect(messagesOf(text(1, 1), text(2, 1))).toEqual([
    { type: 'events', watch: 'job-1', live: true, cursor: 'c2', items: [text(1, 1), text(2, 1)] },
  ]);
});

test('no message is longer than a frame of 32 KB', () => {
  const all = messagesOf(...Array.from({ length: 40 }, (_, n) => text(n + 1, 7_000, 'ä')));
  for (const message of all) expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThanOrEqual(32_768);
  const seqs = all
    .flatMap((message) => (message.type === 'events' ? message.items : []))
    .map(({ seq }) => seq);
  expect(seqs).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
});

test('behind an event that fits no frame everything is left to the HTTP API', () => {
  expect(messagesOf(text(1, 1), text(2, 40_000), text(3, 1))).toEqual([
    { type: 'events', watch: 'job-1', live: true, cursor: 'c1', items: [text(1, 1)] },
    { type: 'behind', watch: 'job-1' },
  ]);
});

test('nothing is nothing', () => {
  expect(messagesOf()).toEqual([]);
});
