import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunView } from '../../../lib/contracts/run-view.ts';
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
beforeAll(async () => {
  bed = await startRunBed({ modelRules: tell(stories) });
}, 130_000);
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
  }, 130_000);

  test('that cannot agree ends as MeetingDeadlocked, and says what would resolve it', async () => {
    const run = await endOf('quarrel', { maxCycles: 3 });
    expect(run).toMatchObject({ status: 'FAILED', outcome: 'MeetingDeadlocked', cycle: 1 });
    const summary = await bed.file(run.id, 'cycles/1/planning/summary.md');
    for (const words of ['Build it now.', 'Measure it first.', 'Somebody measures the river.'])
      expect(summary).toContain(words);
  }, 130_000);

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
  }, 130_000);

  test('cannot give an agent what is not its own', async () => {
    const run = await endOf('hostile');
    expect(run).toMatchObject({ status: 'FAILED', outcome: 'MeetingFailed' });
    expect(run.error?.message).toContain('writer does not own "build"');
  }, 130_000);

  test('that cannot be paid ends as OutOfBudget, and costs nothing beyond the budget', async () => {
    const run = await endOf('poverty', { budgetUsd: 0.01, maxCycles: 3 });
    expect(run).toMatchObject({ status: 'FAILED', outcome: 'OutOfBudget', cycle: 1 });
    expect(run.costUsd).toBeLessThanOrEqual(0.01);
  }, 130_000);
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
}, 130_000);
