import { describe, expect, test } from '@jest/globals';
import type { RunView } from '#contracts/run-view.ts';
import { outcomeError, outcomeExitCode } from '../../../lib/cli/run/run-outcome.ts';
import { describeRun } from '../../../lib/cli/run/run-show.ts';
import { ending } from '../../../lib/cli/run/watch-run.ts';
import { waveBoard } from '../../../lib/cli/run/wave-board.ts';
import { recordOutput } from '../../fakes/recorded-output.ts';
import { makeGateView, makeRunView } from '../../fakes/run-views.ts';

const nowMs = Date.parse('2026-11-20T10:04:00Z');
const { out } = recordOutput(100);

function cycleOf(run: RunView) {
  const [cycle] = run.cycles;
  if (!cycle) throw new Error('a run without a cycle');
  return cycle;
}

describe('the wave board', () => {
  test('has the actions by wave: owner, state, time, cost, verdicts, and the title in what room is left', () => {
    expect(waveBoard(cycleOf(makeRunView()), out, nowMs)).toEqual([
      'WAVE  #  OWNER   STATE            TIME     COST  VERDICTS          ACTION',
      '   1  1  coder   EXECUTING  3 min 30 s  $0.0400                    Mend the sum of the basket so t…',
      '   2  2  writer  FAILED r1  2 min 05 s  $0.0100  1 met, 1 not met  Write down how the sum is made.',
    ]);
  });

  test('stays within the width of the terminal', () => {
    const narrow = recordOutput(90);
    for (const line of waveBoard(cycleOf(makeRunView()), narrow.out, nowMs))
      expect(line.length).toBeLessThan(90);
  });

  test('lets no words of an agent move the cursor', () => {
    const run = makeRunView();
    const action = cycleOf(run).actions[0];
    if (action) Object.assign(action, { title: '\u001b[2Jgone\nnew line', owner: 'writer\u202e' });
    const text = waveBoard(cycleOf(run), out, nowMs).join('\n');
    expect(text).toContain('gone new line');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(text).not.toMatch(/[\u001b\u202e]/);
  });
});

test('a run is shown with the time between its cycles and why it is so long [B7]', () => {
  const reason = 'A cycle every 15 min 00 s instead of 30 min 00 s: of 2 actions, 1 failed.';
  const run = makeRunView({
    nextCycleAt: '2026-11-20T10:15:00.000Z',
    interval: { seconds: 900, reason },
  });
  expect(describeRun(run, [], out, nowMs)).toEqual(
    expect.arrayContaining(['next cycle  2026-11-20T10:15:00.000Z', `interval    ${reason}`]),
  );
});

test('a run is shown with the alarm that it waits for, until when, and what was seen last [C5]', () => {
  const run = makeRunView();
  const since = '2026-11-20T10:00:00.000Z';
  const until = '2026-11-20T10:30:00.000Z';
  const watch = { alarm: 'shop-5xx', status: 'WATCHING' as const, since, until };
  Object.assign(cycleOf(run), { recovery: { ...watch, state: 'ALARM', reason: '7 errors\u001b[2J' } });
  expect(describeRun(run, [], out, nowMs)).toEqual(
    expect.arrayContaining([
      `  waits until the alarm shop-5xx is over, until ${until} at most`,
      '    ALARM: 7 errors',
    ]),
  );
  const endedAt = '2026-11-20T10:20:00.000Z';
  const over = { ...watch, status: 'RECOVERED' as const, endedAt, state: 'OK', reason: '', okSince: since };
  Object.assign(cycleOf(run), { recovery: over });
  expect(describeRun(run, [], out, nowMs)).toEqual(
    expect.arrayContaining([
      `  has waited for the alarm shop-5xx: RECOVERED at ${endedAt}`,
      `    OK since ${since}; OK: `,
    ]),
  );
});

test('a run is shown with the job of the meeting that is under way', () => {
  const run = makeRunView();
  const { outcome: _outcome, decision: _decision, ...cycle } = cycleOf(run);
  const lines = describeRun({ ...run, cycles: [{ ...cycle, actions: [] }] }, [], out, nowMs);
  expect(lines).toContain('Cycle 1: open, the meeting is run-0123456789abcdef-c1-meet, 4 min 00 s, $0.0500');
});

test('a run is shown with its cycles, why actions ended, and how to decide what waits', () => {
  const task = makeGateView({
    id: 'run-0123456789abcdef-c1-a3-r0-task',
    kind: 'task',
    title: 'Task: Sign it.',
  });
  const lines = describeRun(makeRunView(), [task], out, nowMs);
  expect(lines).toEqual(
    expect.arrayContaining([
      'status     WAITING',
      'cost       $0.0500 of $10.0000',
      'models     coder: claude-sonnet-5-5 instead of gpt-6.2-sol',
      'report     cycles/1/report.html  muster run files run-0123456789abcdef --out FOLDER',
      'Cycle 1: open, meeting converged (go), 0 of 2 actions done, 4 min 00 s, $0.0500',
      '  2 FAILED: "The page names rounding.": it does not',
      'Task: Sign it.',
      '  muster task complete run-0123456789abcdef-c1-a3-r0-task --file FOLDER',
    ]),
  );
});

describe('how a run ended', () => {
  const ended = (changes: Partial<RunView>) =>
    makeRunView({ waitsFor: [], endedAt: '2026-11-20T10:10:00.000Z', ...changes });

  test.each([
    ['SUCCEEDED', 'Done', 0],
    ['SUCCEEDED', 'NoGo', 0],
    ['SUCCEEDED', 'RejectedByPerson', 0],
    ['FAILED', 'ActionsFailed', 7],
    ['FAILED', 'MeetingDeadlocked', 7],
    ['FAILED', 'OutOfBudget', 7],
    ['STOPPED', 'StoppedByPerson', 7],
  ] as const)('%s with %s exits %i', (status, outcome, code) => {
    expect(outcomeExitCode(ended({ status, outcome }))).toBe(code);
  });

  test('an outage that ended it has its own exit code', () => {
    const error = { code: 'provider_unavailable', message: 'overloaded' } as const;
    expect(outcomeExitCode(ended({ status: 'FAILED', outcome: 'MeetingFailed', error }))).toBe(6);
  });

  test('is said with its sentence, its cost and its report', () => {
    expect(ending(ended({ status: 'SUCCEEDED', outcome: 'NoGo' }), out).slice(-3)).toEqual([
      'SUCCEEDED  NoGo: The team decided not to go ahead; nothing was carried out.',
      'cost    $0.0500 of $10.0000',
      'report  cycles/1/report.html  (muster run files run-0123456789abcdef --out FOLDER)',
    ]);
  });

  test('stands in the error where a run was to be stopped and had ended otherwise', () => {
    expect(outcomeError(ended({ status: 'FAILED', outcome: 'TimedOut' }))).toMatchObject({
      code: 'timed_out',
      message: 'run run-0123456789abcdef ended FAILED: A step was not over in its time.',
    });
  });
});
