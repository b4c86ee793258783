import { describe, expect, test } from '@jest/globals';
import { EventTrack } from '../../../lib/core/stream/event-track.ts';

interface Event {
  attempt: number;
  seq: number;
}

function events(attempt: number, ...seqs: number[]): Event[] {
  return seqs.map((seq) => ({ attempt, seq }));
}

function trackAt(attempt: number, ...seqs: number[]): EventTrack<Event> {
  const track = new EventTrack<Event>();
  track.takeRead(events(attempt, ...seqs), 'read');
  return track;
}

describe('what is pushed', () => {
  test('is taken from the very beginning', () => {
    const track = new EventTrack<Event>();
    expect(track.takeLive(events(1, 1, 2), 'c2')).toEqual({ fresh: events(1, 1, 2), isGap: false });
    expect(track.cursor).toBe('c2');
  });

  test('is taken where it follows on what was read', () => {
    const track = trackAt(1, 1, 2);
    expect(track.takeLive(events(1, 3), 'c3')).toEqual({ fresh: events(1, 3), isGap: false });
  });

  test('is passed over when it comes a second time, and the cursor stays', () => {
    const track = trackAt(1, 1, 2, 3);
    expect(track.takeLive(events(1, 2, 3), 'old')).toEqual({ fresh: [], isGap: false });
    expect(track.cursor).toBe('read');
  });

  test('is taken from where it is new', () => {
    expect(trackAt(1, 1, 2).takeLive(events(1, 2, 3), 'c').fresh).toEqual(events(1, 3));
  });

  test('is a gap where something is missing before it, and nothing is taken', () => {
    const track = trackAt(1, 1, 2);
    expect(track.takeLive(events(1, 4), 'c4')).toEqual({ fresh: [], isGap: true });
    expect(track.cursor).toBe('read');
  });

  test('by a new attempt is a gap: only the log knows what the one before said last', () => {
    expect(trackAt(1, 1, 2).takeLive(events(2, 1), 'c')).toEqual({ fresh: [], isGap: true });
  });
});

describe('what is read', () => {
  test('is taken across attempts, each event once', () => {
    const track = trackAt(1, 1, 2);
    expect(track.takeRead([...events(1, 2, 3), ...events(2, 1)], 'c')).toEqual([
      ...events(1, 3),
      ...events(2, 1),
    ]);
    expect(track.takeLive(events(2, 2), 'd').fresh).toEqual(events(2, 2));
  });

  test('gives a cursor also where there is nothing yet', () => {
    const track = new EventTrack<Event>();
    expect(track.takeRead([], 'begin')).toEqual([]);
    expect(track.cursor).toBe('begin');
  });

  test('too late brings nothing back', () => {
    const track = trackAt(1, 1, 2, 3);
    expect(track.takeRead(events(1, 1), 'old')).toEqual([]);
    expect(track.cursor).toBe('read');
  });
});

test('events of a run, which have no attempt, are of one count', () => {
  const track = new EventTrack<{ seq: number }>();
  expect(track.takeLive([{ seq: 1 }], 'a').fresh).toEqual([{ seq: 1 }]);
  expect(track.takeLive([{ seq: 3 }], 'b').isGap).toBe(true);
});
