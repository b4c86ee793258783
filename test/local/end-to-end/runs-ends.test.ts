import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunView } from '../../../lib/contracts/run.ts';
import { loadWorkshop, type RunBed, startRunBed } from './run-bed.ts';
import { type Story, type StoryAction, tell } from './stories.ts';

const text = (id: number, more: Partial<StoryAction> = {}): StoryAction => ({
  id,
  owner: 'writer',
  kind: 'write',
  bash: [`echo "text ${id}" > text-${id}.md`],
  checks: [{ tool: 'file_says', args: { path: `text-${id}.md`, text: `text ${id}` } }],
  ...more,
});
const noPlan = { summary: 'There is no plan.', decisions: [], actions: [] };
const isFor = { builder: 'no_go', inspector: 'no_go' } as const;

const stories: Story[] = [
  {
    name: 'rhythm',
    cycles: [
      {
        achieved: false,
        actions: [
          // Longer than the window of thirty seconds, which is the shortest there is.
          text(1, { priority: 'high', bash: ['sleep 31; echo "text 1" > text-1.md'] }),
          text(2, { priority: 'low' }),
        ],
      },
      { actions: [text(1, { bash: ['echo "text 1" > text-1.md; echo "text 2" > text-2.md'] })] },
    ],
  },
  {
    name: 'refusal',
    votes: { planner: 'no_go', writer: 'no_go', ...isFor },
    closing: {
      ...noPlan,
      decisions: [{ decision: 'Stay.', reason: 'The river is too wide.', by: ['planner', 'builder'] }],
    },
    cycles: [{ actions: [] }],
  },
  {
    name: 'quarrel',
    votes: isFor,
    closing: {
      ...noPlan,
      positions: [
        { position: 'Build it now.', heldBy: ['planner', 'writer'] },
        { position: 'Measure it first.', heldBy: ['builder', 'inspector'] },
      ],
      wouldResolve: 'Somebody measures the river.',
    },
    cycles: [{ actions: [] }],
  },
  {
    name: 'nonsense',
    closing: { summary: 'All is planned.', actions: [{ id: 7, action: 'do it', owner: 'nobody' }] },
    cycles: [{ actions: [] }],
  },
  {
    name: 'hostile',
    closing: {
      summary: 'All is planned.',
      actions: [
        {
          id: 1,
          action: 'The writer changes the code of the workshop.',
          kind: 'build',
          owner: 'writer',
          priority: 'high',
          estimatedDuration: '1min',
          successCriteria: ['The code is there'],
          checks: [{ criterion: 'The code is there', tool: 'file_says', args: { path: 'a', text: 'b' } }],
        },
      ],
    },
    cycles: [{ actions: [] }],
  },
  { name: 'poverty', cycles: [{ actions: [text(1)] }] },
  { name: 'change', cycles: [{ actions: [text(1)] }] },
];

let bed: RunBed;
let rhythm: RunView;
beforeAll(async () => {
  bed = await startRunBed({ modelRules: tell(stories) });
  // It takes a minute, in which the other tests have their turn.
  rhythm = await bed.story('rhythm', { maxCycles: 2, cadence: { everySeconds: 60, windowSeconds: 30 } });
}, 120_000);
afterAll(() => bed?.close(), 20_000);

async function endOf(name: string, more: object = {}): Promise<RunView> {
  const { id } = await bed.story(name, more);
  return bed.ended(id);
}

describe('a meeting', () => {
  test('that votes against it ends the run as NoGo, which is no failure', async () => {
    const run = await endOf('refusal', { maxCycles: 3 });
    expect(run).toMatchObject({ status: 'SUCCEEDED', outcome: 'NoGo', cycle: 1 });
    expect(run.cycles).toMatchObject([{ outcome: 'converged', decision: 'no_go', actions: [] }]);
    expect(await bed.file(run.id, 'cycles/1/planning/decisions.json')).toContain('The river is too wide.');
  }, 60_000);

  test('that cannot agree ends as MeetingDeadlocked, and says what would resolve it', async () => {
    const run = await endOf('quarrel', { maxCycles: 3 });
    expect(run).toMatchObject({ status: 'FAILED', outcome: 'MeetingDeadlocked', cycle: 1 });
    const summary = await bed.file(run.id, 'cycles/1/planning/summary.md');
    for (const words of ['Build it now.', 'Measure it first.', 'Somebody measures the river.'])
      expect(summary).toContain(words);
  }, 60_000);

  test('whose moderator keeps returning nonsense ends as MeetingFailed, with every fault', async () => {
    const run = await endOf('nonsense', { maxCycles: 3 });
    expect(run).toMatchObject({ status: 'FAILED', outcome: 'MeetingFailed', cycle: 1 });
    expect(run.error).toMatchObject({
      code: 'plan_invalid',
      message: expect.stringMatching(
        /The moderator planner left no valid plan after \d repairs: .*\/actions\/0/,
      ),
      remedy: expect.any(String),
    });
    expect(await bed.job(`${run.id}-c1-meet`)).toMatchObject({ status: 'FAILED', attempt: 1 });
  }, 60_000);

  test('cannot give an agent what is not its own', async () => {
    const run = await endOf('hostile');
    expect(run).toMatchObject({ status: 'FAILED', outcome: 'MeetingFailed' });
    expect(run.error?.message).toContain('writer does not own "build"');
  }, 60_000);

  test('that cannot be paid ends as OutOfBudget, and costs nothing beyond the budget', async () => {
    const run = await endOf('poverty', { budgetUsd: 0.01, maxCycles: 3 });
    expect(run).toMatchObject({ status: 'FAILED', outcome: 'OutOfBudget', cycle: 1 });
    expect(run.costUsd).toBeLessThanOrEqual(0.01);
  }, 60_000);
});

test('a run keeps the team that it began with, whatever is put meanwhile', async () => {
  const before = await bed.story('change', { approvals: { plan: true } });
  const gate = await bed.waitsFor(before.id, '-plan');
  const { team, prompts } = await loadWorkshop();
  const changed = { ...prompts, writer: `${prompts.writer}\nWrite in capitals only.\n` };
  await bed.putTeam({ v: 1, team: { ...team, title: 'Another workshop' }, prompts: changed });
  await bed.decide(gate);
  const run = await bed.ended(before.id);
  expect(run).toMatchObject({ outcome: 'Done', teamSha256: before.teamSha256 });
  const request = await bed.object((await bed.row(`${run.id}-c1-a1-r0-do`)).inputKey);
  expect(request).toContain('who writes texts of the team Workshop.');
  expect(request).not.toContain('Write in capitals only.');
  const after = await bed.story('change', { approvals: { plan: true } });
  expect(after.teamSha256).not.toBe(before.teamSha256);
  await bed.stop(after.id);
}, 60_000);

describe('a run with a rhythm', () => {
  test('carries over what its window had no time for, and says when it goes on [B7]', async () => {
    const between = await bed.reaches(rhythm.id, 'waits', ({ nextCycleAt }) => nextCycleAt !== undefined);
    const [first] = between.cycles;
    expect(between).toMatchObject({ status: 'RUNNING', cycle: 2, cycles: [{ end: 'Done' }] });
    expect(first?.actions).toMatchObject([
      { id: 1, status: 'DONE' },
      { id: 2, status: 'CARRIED', jobs: [], reason: "the cycle's time was over before it began" },
    ]);
    const begun = new Date(first?.startedAt ?? 0).getTime();
    expect(new Date(between.nextCycleAt ?? 0).getTime()).toBe(begun + 60_000);
    expect(new Date(first?.endedAt ?? 0).getTime()).toBeLessThan(begun + 60_000);
  }, 120_000);

  test('goes on by itself when the time has come, and its meeting knows what is open [B6] [B7]', async () => {
    const run = await bed.ended(rhythm.id);
    expect(run).toMatchObject({ status: 'SUCCEEDED', outcome: 'Done', cycle: 2 });
    const [first, second] = run.cycles.map(({ startedAt }) => new Date(startedAt).getTime());
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(60_000);
    const { text: briefing } = await bed.json<{ text: string }>(run.id, 'cycles/2/briefing.json');
    expect(briefing).toContain('- 2 CARRIED: ');
    expect(Object.keys(await bed.workspace(run.id)).sort()).toEqual(['text-1.md', 'text-2.md']);
  }, 120_000);
});
