import { expect, test } from '@jest/globals';
import type { JobEvent } from '../../../lib/contracts/job-events.ts';
import { EventSink } from '../../../lib/core/work/event-sink.ts';
import { FakeTime, settle } from '../../fakes/worker-time.ts';

function open(send?: (signal: AbortSignal) => Promise<void>, watched = false) {
  const time = new FakeTime();
  const stop = new AbortController();
  const calls: { firstSeq: number; events: JobEvent[] }[] = [];
  const sink = new EventSink({
    send: async (firstSeq, events, signal) => {
      calls.push({ firstSeq, events });
      await send?.(signal);
      return { watched };
    },
    time,
    log: () => undefined,
    signal: stop.signal,
  });
  const texts = () =>
    calls.map((call) => call.events.map((event) => (event.type === 'text' ? event.text : '')));
  return { time, sink, calls, texts, stop };
}

test.each([
  ['every second while nobody looks on', false, 1_000],
  ['every 150 ms while somebody does [A9]', true, 150],
])('the first words are sent at once, and then at most %s', async (_how, watched, everyMs) => {
  const { time, sink, texts } = open(undefined, watched);
  sink.text('a');
  await settle();
  sink.text('b');
  await time.pass(100);
  sink.text('c');
  await time.pass(everyMs - 101);
  expect(texts()).toEqual([['a']]);
  await time.pass(1);
  expect(texts()).toEqual([['a'], ['bc']]);
});

test('four thousand characters do not wait', async () => {
  const { sink, texts } = open();
  sink.text('a');
  await settle();
  sink.text('b'.repeat(4_096));
  await settle();
  expect(texts()).toEqual([['a'], ['b'.repeat(4_096)]]);
});

test('numbers run on from call to call', async () => {
  const { time, sink, calls } = open();
  sink.say({ type: 'started', message: 'go' });
  sink.text('a');
  await settle();
  sink.text('b');
  await time.pass(1_000);
  expect(calls.map((call) => [call.firstSeq, call.events.length])).toEqual([
    [1, 2],
    [3, 1],
  ]);
});

test('what comes while a call is on its way travels with the next one', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { time, sink, texts } = open(() => held);
  sink.text('a');
  await time.pass(2_000);
  sink.text('b');
  sink.text('c');
  await time.pass(2_000);
  expect(texts()).toEqual([['a']]);
  release();
  await time.pass(1_000);
  expect(texts()).toEqual([['a'], ['bc']]);
});

test('no event is cut in the middle of a character', async () => {
  const { sink, texts } = open();
  sink.text(`x${'😀'.repeat(8_000)}`);
  await sink.close();
  const pieces = texts().flat();
  expect(pieces.join('')).toBe(`x${'😀'.repeat(8_000)}`);
  expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
});

test('a call never carries more than 64 KiB or 100 events', async () => {
  const { sink, calls } = open();
  sink.text('\u0001'.repeat(50_000));
  for (let i = 0; i < 150; i += 1) sink.say({ type: 'note', message: 'n' });
  await sink.close();
  for (const { events } of calls) {
    expect(JSON.stringify(events).length).toBeLessThan(65_536);
    expect(events.length).toBeLessThanOrEqual(100);
  }
  expect(calls.flatMap((call) => call.events)).toHaveLength(157);
});

test('closing sends what is left without waiting', async () => {
  const { sink, texts } = open();
  sink.text('a');
  await settle();
  sink.text('b');
  await sink.close();
  expect(texts()).toEqual([['a'], ['b']]);
});

test('closing waits for five seconds at most', async () => {
  const { time, sink } = open(
    (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  );
  sink.text('a');
  let closed = false;
  const closing = sink.close().then(() => {
    closed = true;
  });
  await time.pass(4_999);
  expect(closed).toBe(false);
  await time.pass(1);
  await closing;
});

test('nothing is sent for a job that says nothing', async () => {
  const { sink, calls } = open();
  await sink.close();
  expect(calls).toEqual([]);
});
