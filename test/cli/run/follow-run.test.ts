import { describe, expect, test } from '@jest/globals';
import type { ApiClient } from '#adapters/client/api-client.ts';
import { AppError } from '#contracts/errors.ts';
import type { JobEvent } from '#contracts/job-events.ts';
import type { RunEvent } from '#contracts/run-events.ts';
import type { RunView } from '#contracts/run-view.ts';
import { followRun, type Heard } from '../../../lib/cli/run/follow-run.ts';
import { makeLiveBoard } from '../../../lib/cli/run/live-board.ts';
import { makeRunView as makeWatchView } from '../../../lib/cli/run/run-watch-view.ts';
import { recordOutput } from '../../fakes/recorded-output.ts';
import { makeRunView } from '../../fakes/run-views.ts';

const id = 'run-0123456789abcdef';
const at = (seconds: number) => Date.parse('2026-11-20T10:00:00Z') + seconds * 1_000;

/** At each look what there is by then: the run, and everything that was said so far. */
interface Look {
  run: RunView;
  told: RunEvent[];
  /** What is said once somebody has read in vain. */
  late?: RunEvent[];
  jobs: Record<string, JobEvent[]>;
}

/** An API over prepared looks. Cursors are counts. */
function fakeApi(looks: readonly Look[]) {
  const calls: string[] = [];
  let look = 0;
  let isSeen = false;
  let isReadInVain = false;
  const page = (all: readonly object[], after: unknown) => {
    const from = Number(after ?? 0);
    const items = all
      .slice(from, from + 2)
      .map((event, index) => ({ ...event, attempt: 1, seq: from + index + 1 }));
    return { body: { items, cursor: String(from + items.length) } };
  };
  const call = async (
    name: string,
    { params, query }: { params: { id: string }; query?: { after?: string } },
  ) => {
    calls.push(`${name} ${params.id}`);
    if (name === 'readRunEvents' && isSeen && look < looks.length - 1) {
      look++;
      isSeen = false;
    }
    if (name === 'readRun') isSeen = true;
    const now = looks[look];
    if (!now) throw new Error('no look');
    if (name === 'readRun') return { body: now.run };
    if (name === 'readRunEvents') {
      const answer = page(isReadInVain ? [...now.told, ...(now.late ?? [])] : now.told, query?.after);
      isReadInVain = answer.body.items.length === 0;
      return answer;
    }
    const said = now.jobs[params.id];
    if (!said) throw new AppError('not_found', 'no such job yet');
    return page(said, query?.after);
  };
  return { api: { target: { kind: 'local' }, call } as unknown as ApiClient, calls };
}

const meet = `${id}-c1-meet`;
const work = `${id}-c1-a1-r0-do`;
const toldMeeting: RunEvent = {
  atMs: at(1),
  type: 'meeting',
  message: 'The planning team meets: lead',
  job: meet,
};
const toldWork: RunEvent = { atMs: at(9), type: 'action', message: '1 coder begins', action: 1, job: work };
const said: JobEvent = {
  atMs: at(3),
  type: 'said',
  agent: 'lead',
  round: 1,
  text: 'We mend it.\nToday.',
  vote: 'go',
};
const toldEnd: RunEvent = { atMs: at(11), type: 'end', message: 'The run ended FAILED', status: 'FAILED' };
const spoke = (seconds: number, text: string): JobEvent => ({ atMs: at(seconds), type: 'text', text });
const over = makeRunView({
  status: 'FAILED',
  outcome: 'ActionsFailed',
  waitsFor: [],
  endedAt: '2026-11-20T10:10:00.000Z',
});

test('everything is heard once, in the order of its times, also of a job that has no row yet', async () => {
  const running = makeRunView({ status: 'RUNNING', cycles: [] });
  const { api } = fakeApi([
    { run: running, told: [toldMeeting], jobs: {} },
    {
      run: over,
      told: [toldMeeting, toldWork, toldEnd],
      jobs: { [meet]: [said, said, said], [work]: [spoke(10, 'a'), spoke(8, 'b')] },
    },
  ]);
  const heard: Heard[] = [];
  const ended = await followRun(api, id, { onHeard: (some) => heard.push(...some) });
  expect(ended.status).toBe('FAILED');
  expect(
    heard.map((one) => ('run' in one ? one.run.message : `${one.job}: ${one.event.type} ${one.event.seq}`)),
  ).toEqual([
    'The planning team meets: lead',
    ...[1, 2, 3].map((seq) => `${meet}: said ${seq}`),
    '1 coder begins',
    `${work}: text 1`,
    `${work}: text 2`,
    'The run ended FAILED',
  ]);
});

test('the end is waited for, which is told after the run is seen to have ended', async () => {
  const { api } = fakeApi([{ run: over, told: [toldMeeting], late: [toldEnd], jobs: { [meet]: [] } }]);
  const heard: Heard[] = [];
  await followRun(api, id, { onHeard: (some) => heard.push(...some) });
  expect(heard.map((one) => 'run' in one && one.run.message)).toEqual([
    toldMeeting.message,
    'The run ended FAILED',
  ]);
});

test('a job that is over is asked no more', async () => {
  const running = makeRunView({ status: 'RUNNING' });
  const look = { run: running, told: [toldMeeting], jobs: { [meet]: [said] } };
  const { api, calls } = fakeApi([look, look, look, { ...look, run: over, told: [toldMeeting, toldEnd] }]);
  await followRun(api, id, { onHeard: () => {} });
  // Its outcome is in the first look already: a page with what it said, and an empty one.
  expect(calls.filter((call) => call === `readEvents ${meet}`)).toHaveLength(2);
});

test('following ends with its signal, and the run is left alone', async () => {
  const { api, calls } = fakeApi([{ run: makeRunView(), told: [], jobs: {} }]);
  const stop = new AbortController();
  const following = followRun(api, id, { signal: stop.signal, onLook: () => stop.abort() });
  await expect(following).rejects.toThrow(/abort/i);
  expect(calls).toEqual([`readRun ${id}`]);
});

describe('a run that is watched', () => {
  test('says who speaks, what tools did and for how long, and each verdict once', () => {
    const { out, said: text } = recordOutput(80);
    const view = makeWatchView(out);
    const run = makeRunView();
    const numbered = { attempt: 1, seq: 1 };
    const call = { tool: 'bash', id: 'c1' };
    const job = (name: string, event: JobEvent): Heard => ({
      atMs: event.atMs,
      job: name,
      event: { ...event, ...numbered },
    });
    const start: JobEvent = { atMs: at(10), type: 'tool_start', ...call, summary: 'node --test' };
    const end: JobEvent = {
      atMs: at(11),
      type: 'tool_end',
      ...call,
      summary: 'exit\u001b[2J code 1',
      ok: false,
      milliseconds: 840,
    };
    for (const heard of [
      { atMs: at(1), run: { ...toldMeeting, seq: 1 } },
      job(meet, said),
      job(work, spoke(9, 'I look ')),
      job(`${id}-c1-a2-r1-do`, spoke(9, 'And I write.\nMuch')),
      job(work, spoke(9, 'around.')),
      job(work, start),
      job(work, end),
    ])
      view.heard(heard, run);
    expect(view.hasNews(run)).toBe(true);
    view.looked(run);
    expect(view.hasNews(run)).toBe(false);
    view.looked(run);
    expect(text().split('\n')).toEqual([
      '    +6.00 s  meeting   The planning team meets: lead',
      '             lead (round 1, go): We mend it.',
      '               Today.',
      '             [2 writer] And I write.',
      '             [1 coder] I look around.',
      '             [1 coder] ✗ bash node --test  0.84 s',
      '               exit code 1',
      '             ✗ not met  2 writer: The page names rounding.',
      '             ✓ met  2 writer: It is short.',
      '',
    ]);
  });
});

test('verdicts follow the news that their action has ended, before what was said later', () => {
  const { out, said: text } = recordOutput(80);
  const view = makeWatchView(out);
  const run = makeRunView();
  const told = (seconds: number, event: Partial<RunEvent>): Heard => {
    const atMs = at(seconds);
    return { atMs, run: { atMs, type: 'action', message: '', seq: 1, ...event } };
  };
  view.heard(told(190, { message: '2 failed', action: 2, status: 'FAILED' }), run);
  view.heard(told(200, { type: 'review', message: 'lead reviews the cycle' }), run);
  view.looked(run);
  const lines = text().trimEnd().split('\n');
  expect(lines.map((line) => line.trim().split('  ').at(-1))).toEqual([
    '2 failed',
    '2 writer: The page names rounding.',
    '2 writer: It is short.',
    'lead reviews the cycle',
  ]);
});

describe('the board at the end of a terminal', () => {
  function draw(screen: { isTTY: boolean; rows?: number; columns?: number }) {
    let text = '';
    const write = (more: string) => {
      text += more;
    };
    return { board: makeLiveBoard({ ...screen, write }, true), text: () => text };
  }

  test('is wiped out before it is drawn again', () => {
    const { board, text } = draw({ isTTY: true });
    board.draw(['a', 'b']);
    board.draw(['c']);
    board.hide();
    board.hide();
    expect(text()).toBe('a\nb\n\u001b[2A\r\u001b[Jc\n\u001b[1A\r\u001b[J');
  });

  test('fits the screen, or it could not be wiped out', () => {
    const { board, text } = draw({ isTTY: true, rows: 4, columns: 6 });
    board.draw(['\u001b[31mlonger than that\u001b[39m', 'two', 'three']);
    expect(text()).toBe('long…\n… 2 …\n');
  });

  test('is not there where nobody could wipe it out', () => {
    const { board, text } = draw({ isTTY: false });
    board.draw(['a']);
    board.hide();
    expect(text()).toBe('');
  });
});
