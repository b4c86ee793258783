import { describe, expect, it, test } from '@jest/globals';
import { makeCalendar } from '../../../lib/adapters/calendar/cron-calendar.ts';

const calendar = makeCalendar();

/** The next ticks after a moment, without seconds. */
function ticks(cron: string, timeZone: string | undefined, after: string, count: number): string[] {
  const found: string[] = [];
  for (let at = Date.parse(after); found.length < count; ) {
    const next = calendar.next({ cron, timeZone }, at);
    if (next === undefined) break;
    found.push(new Date(next).toISOString().slice(0, 16));
    at = next;
  }
  return found;
}

describe('a cron expression', () => {
  test.each([
    ['0 9 * * 1', '2027-01-01T00:00Z', ['2027-01-04T09:00', '2027-01-11T09:00']],
    ['0 9 * * MON-FRI', '2027-01-01T00:00Z', ['2027-01-01T09:00', '2027-01-04T09:00']],
    ['0 9 * * 7', '2027-01-01T00:00Z', ['2027-01-03T09:00', '2027-01-10T09:00']],
    ['*/20 8-9 * * *', '2027-01-01T08:30Z', ['2027-01-01T08:40', '2027-01-01T09:00']],
    ['0 0 1 jan,jul *', '2027-01-01T00:00Z', ['2027-07-01T00:00', '2028-01-01T00:00']],
    ['0 9 13 * 5', '2027-01-09T00:00Z', ['2027-01-13T09:00', '2027-01-15T09:00']],
    ['0 0 29 2 *', '2027-01-01T00:00Z', ['2028-02-29T00:00', '2032-02-29T00:00']],
    ['59 23 31 12 *', '2027-01-01T00:00Z', ['2027-12-31T23:59', '2028-12-31T23:59']],
  ])('%s reads UTC where it has no zone', (cron, after, expected) => {
    expect(ticks(cron, undefined, after, 2)).toEqual(expected);
  });

  it('comes next after a tick, and not at it again', () => {
    expect(ticks('30 8 * * *', undefined, '2027-01-01T08:30:00.000Z', 1)).toEqual(['2027-01-02T08:30']);
    expect(ticks('30 8 * * *', undefined, '2027-01-01T08:29:59.999Z', 1)).toEqual(['2027-01-01T08:30']);
  });

  it('that never comes says so', () => {
    expect(ticks('0 0 31 2 *', undefined, '2027-01-01T00:00Z', 1)).toEqual([]);
    expect(ticks('0 0 30 2 *', 'Europe/Berlin', '2027-01-01T00:00Z', 1)).toEqual([]);
  });

  test.each([
    ['* * * * * *', 'it has 6 fields; seconds and years cannot be given'],
    ['* * * *', 'it has 4 fields'],
    ['@daily', 'it has 1 fields'],
    ['61 * * * *', 'Invalid value for minute: 61'],
    ['0 24 * * *', 'Invalid value for hour: 24'],
    ['0 9 L * *', '"L" is not a number, name, list, range or step'],
    ['0 9 * * 5#2', '"5#2" is not a number, name, list, range or step'],
    ['0 9 ? * *', '"?" is not a number, name, list, range or step'],
    ['*/0 * * * *', 'illegal stepping: 0'],
    ['50-10 * * * *', 'From value is larger than to value'],
    ['0 9 * * someday', '"someday" is not a number'],
  ])('%s is refused with what is wrong', (cron, said) => {
    expect(() => calendar.next({ cron }, 0)).toThrow(`"${cron}" is not a cron expression: `);
    expect(() => calendar.next({ cron }, 0)).toThrow(said);
  });

  it('in a zone that is not there is refused by the zone', () => {
    expect(() => calendar.next({ cron: '0 9 * * 1', timeZone: 'Mars/Phobos' }, 0)).toThrow(
      'there is no time zone "Mars/Phobos"',
    );
  });
});

describe('when clocks go forward', () => {
  it('in Berlin, a time that is left out comes an hour later on the clock, once', () => {
    // 28 March 2027, 02:00 CET becomes 03:00 CEST.
    expect(ticks('30 2 * * *', 'Europe/Berlin', '2027-03-26T12:00Z', 3)).toEqual([
      '2027-03-27T01:30',
      '2027-03-28T01:30',
      '2027-03-29T00:30',
    ]);
    expect(ticks('30 2,3 * * *', 'Europe/Berlin', '2027-03-27T12:00Z', 3)).toEqual([
      '2027-03-28T01:30',
      '2027-03-29T00:30',
      '2027-03-29T01:30',
    ]);
  });

  it('in New York, a time that is left out comes an hour later on the clock, once', () => {
    // 14 March 2027, 02:00 EST becomes 03:00 EDT.
    expect(ticks('30 2 * * *', 'America/New_York', '2027-03-12T12:00Z', 3)).toEqual([
      '2027-03-13T07:30',
      '2027-03-14T07:30',
      '2027-03-15T06:30',
    ]);
  });

  it('an hourly schedule ticks each hour that there is', () => {
    expect(ticks('0 * * * *', 'Europe/Berlin', '2027-03-27T23:30Z', 4)).toEqual([
      '2027-03-28T00:00',
      '2027-03-28T01:00',
      '2027-03-28T02:00',
      '2027-03-28T03:00',
    ]);
  });

  it('a schedule of that one day is not lost', () => {
    expect(ticks('30 2 28 3 *', 'Europe/Berlin', '2027-01-01T00:00Z', 2)).toEqual([
      '2027-03-28T01:30',
      '2028-03-28T00:30',
    ]);
  });
});

describe('when clocks go back', () => {
  it('in Berlin, a time that comes twice is the first', () => {
    // 31 October 2027, 03:00 CEST becomes 02:00 CET.
    expect(ticks('30 2 * * *', 'Europe/Berlin', '2027-10-29T12:00Z', 3)).toEqual([
      '2027-10-30T00:30',
      '2027-10-31T00:30',
      '2027-11-01T01:30',
    ]);
    expect(ticks('30 2 * * *', 'Europe/Berlin', '2027-10-31T00:45Z', 1)).toEqual(['2027-11-01T01:30']);
  });

  it('in New York, a time that comes twice is the first', () => {
    // 7 November 2027, 02:00 EDT becomes 01:00 EST.
    expect(ticks('30 1 * * *', 'America/New_York', '2027-11-06T00:00Z', 3)).toEqual([
      '2027-11-06T05:30',
      '2027-11-07T05:30',
      '2027-11-08T06:30',
    ]);
  });

  it('a schedule of every hour ticks in both', () => {
    expect(ticks('0 * * * *', 'Europe/Berlin', '2027-10-30T23:30Z', 4)).toEqual([
      '2027-10-31T00:00',
      '2027-10-31T01:00',
      '2027-10-31T02:00',
      '2027-10-31T03:00',
    ]);
    const quarters = ticks('*/15 * * * *', 'America/New_York', '2027-11-07T05:40Z', 6);
    expect(quarters[0]).toBe('2027-11-07T05:45');
    expect(quarters.at(-1)).toBe('2027-11-07T07:00');
  });
});

describe('zones that are unlike others', () => {
  it('may be ahead by quarters of an hour, and change by half of one', () => {
    expect(ticks('0 9 * * *', 'Asia/Kathmandu', '2027-01-01T00:00Z', 1)).toEqual(['2027-01-01T03:15']);
    // Lord Howe goes back by half an hour on 4 April 2027: from 02:00 (+11) to 01:30 (+10:30).
    expect(ticks('45 1 * * *', 'Australia/Lord_Howe', '2027-04-02T20:00Z', 2)).toEqual([
      '2027-04-03T14:45',
      '2027-04-04T15:15',
    ]);
  });
});

/** All that a clock on a wall shows, minute by minute, worked out without the code under test. */
function wallMinutes(
  timeZone: string,
  fromMs: number,
  hours: number,
): { atMs: number; hour: number; minute: number }[] {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return Array.from({ length: hours * 60 }, (_, index) => {
    const atMs = fromMs + index * 60_000;
    const [hour = 0, minute = 0] = format.format(new Date(atMs)).split(':').map(Number);
    return { atMs, hour, minute };
  });
}

test.each([
  ['Europe/Berlin', '2027-03-27T12:00Z'],
  ['Europe/Berlin', '2027-10-30T12:00Z'],
  ['America/New_York', '2027-03-13T12:00Z'],
  ['America/New_York', '2027-11-06T12:00Z'],
  ['Australia/Lord_Howe', '2027-04-03T00:00Z'],
  ['Australia/Lord_Howe', '2027-10-02T00:00Z'],
  ['America/Santiago', '2027-04-03T12:00Z'],
  ['Asia/Kolkata', '2027-04-03T12:00Z'],
])(
  'a schedule of every hour in %s ticks whenever the clock shows its minute, from %s on',
  (timeZone, from) => {
    const fromMs = Date.parse(from);
    for (const [minute, cron] of [
      [17, '17 * * * *'],
      [0, '*/1 * * * *'],
    ] as const) {
      const shown = wallMinutes(timeZone, fromMs, 36).filter(
        (each) => cron.startsWith('*') || each.minute === minute,
      );
      const found = ticks(cron, timeZone, new Date(fromMs - 1).toISOString(), shown.length);
      expect(found).toEqual(shown.map(({ atMs }) => new Date(atMs).toISOString().slice(0, 16)));
    }
  },
);
