import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AgentResult } from '../../../lib/contracts/job-view.ts';
import { pendingActions } from '../../../lib/contracts/plan.ts';
import type { ActionReview } from '../../../lib/contracts/review.ts';
import type { RunView } from '../../../lib/contracts/run-view.ts';
import { type RunBed, startRunBed } from './run-bed.ts';
import { type Story, sentenceOf, tell } from './stories.ts';

const holds = (path: string, text: string) => [{ tool: 'file_says', args: { path, text } }];

/** Two actions of one wave that change different files, and others that need both. */
const pair: Story = {
  name: 'pair',
  cycles: [
    {
      memory: 'Code and text fit each other.',
      actions: [
        {
          id: 1,
          owner: 'writer',
          kind: 'write',
          priority: 'low',
          dependsOn: [2, 3],
          turns: [
            [
              { name: 'bash', input: { command: 'cat code.txt text.md > index.md' } },
              { name: 'notes_get', input: { key: 'width' } },
            ],
          ],
          checks: [...holds('index.md', 'the code'), ...holds('index.md', 'the text')],
        },
        {
          id: 2,
          owner: 'builder',
          kind: 'build',
          priority: 'high',
          turns: [
            [
              { name: 'bash', input: { command: 'echo "the code" > code.txt' } },
              { name: 'notes_put', input: { key: 'width', text: 'Seventeen metres.', version: 0 } },
              { name: 'artifact_put', input: { path: 'code.txt', name: 'built.txt' } },
            ],
          ],
          checks: holds('code.txt', 'the code'),
        },
        {
          id: 3,
          owner: 'writer',
          kind: 'write',
          priority: 'high',
          bash: ['echo "the text" > text.md; echo "and changed" >> both.txt'],
          checks: holds('text.md', 'the text'),
        },
        {
          id: 4,
          owner: 'writer',
          kind: 'write',
          dependsOn: [2],
          turns: [
            [{ name: 'artifact_get', input: { name: 'built.txt', job: '{{capture.run}}-c1-a2-r0-do' } }],
          ],
          checks: holds('both.txt', 'and changed'),
        },
      ],
    },
  ],
};

const makesTestsPass = 'sed -i "s/14/4/" test/sum.test.js && node --test';
const liar = (name: string, second: string): Story => ({
  name,
  cycles: [
    {
      achieved: false,
      actions: [
        {
          id: 1,
          owner: 'builder',
          kind: 'build',
          criterion: 'All tests pass',
          claims: 'All tests pass: tests 1, pass 1, fail 0.',
          bash: [makesTestsPass, second],
          checks: [{ tool: 'run_tests' }],
        },
      ],
    },
  ],
});

const refused = { kind: 'status', status: 400, type: 'invalid_request_error', message: 'No such luck' };
/** What fails takes with it what depends on it, and nothing else; the next meeting knows. */
const chain: Story = {
  name: 'chain',
  cycles: [
    {
      achieved: false,
      actions: [
        {
          id: 1,
          owner: 'builder',
          kind: 'build',
          bash: ['echo "only half" > whole.txt'],
          checks: holds('whole.txt', 'all of it'),
        },
        { id: 2, owner: 'writer', kind: 'write', dependsOn: [1], checks: holds('whole.txt', 'text') },
        {
          id: 3,
          owner: 'writer',
          kind: 'write',
          bash: ['echo alone > alone.md'],
          checks: holds('alone.md', 'alone'),
        },
        { id: 4, owner: 'builder', kind: 'build', ownerFault: refused, checks: holds('x', 'y') },
      ],
    },
    {
      actions: [
        {
          id: 1,
          owner: 'builder',
          kind: 'build',
          bash: ['echo "all of it" > whole.txt'],
          checks: holds('whole.txt', 'all of it'),
        },
      ],
    },
  ],
};

const stories = [
  pair,
  liar('mended', "sed -i 's/a - b/a + b/' sum.js"),
  liar('stubborn', makesTestsPass),
  chain,
];

let bed: RunBed;
let folder: string;
const started = new Map<string, string>();
const ended = (name: string): Promise<RunView> => bed.ended(started.get(name) ?? '');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-runs-'));
  mkdirSync(join(folder, 'test'));
  writeFileSync(join(folder, 'both.txt'), 'as it was\n');
  writeFileSync(join(folder, 'sum.js'), 'exports.sum = (a, b) => a - b;\n');
  const body = "require('node:assert').equal(require('../sum.js').sum(9, 5), 14);";
  writeFileSync(join(folder, 'test/sum.test.js'), `require('node:test')('sums', () => {\n  ${body}\n});\n`);
  bed = await startRunBed({ modelRules: tell(stories) });
  for (const { name } of stories) {
    const workspace = await bed.upload(name, folder);
    const { id } = await bed.story(name, { workspace, maxCycles: name === 'chain' ? 2 : 1 });
    started.set(name, id);
  }
}, 130_000);
afterAll(async () => {
  await bed?.close();
  rmSync(folder, { recursive: true, force: true });
}, 20_000);

const actionsOf = (run: RunView, cycle = 1) => run.cycles[cycle - 1]?.actions ?? [];
const msOf = (time: string | undefined) => new Date(time ?? 0).getTime();

describe('a run that goes well', () => {
  let run: RunView;
  beforeAll(async () => {
    run = await ended('pair');
  }, 130_000);

  test('plans, executes, reviews, and is Done', () => {
    expect(run).toMatchObject({ status: 'SUCCEEDED', outcome: 'Done', cycle: 1, waitsFor: [] });
    expect(run.cycles).toMatchObject([{ end: 'Done', decision: 'go' }]);
    for (const action of actionsOf(run)) expect(action).toMatchObject({ status: 'DONE', revision: 0 });
    expect(run.costUsd).toBeGreaterThan(0);
    expect(run.costUsd).toBeCloseTo(run.cycles[0]?.costUsd ?? 0, 9);
  });

  test('carries out high before medium before low, by the clock [B4]', () => {
    const ranked = ['high', 'medium', 'low'].map((priority) =>
      actionsOf(run).filter((action) => action.priority === priority),
    );
    expect(ranked.map((wave) => wave.map(({ id }) => id))).toEqual([[2, 3], [4], [1]]);
    for (const [index, wave] of ranked.slice(1).entries()) {
      const before = Math.max(...(ranked[index] ?? []).map(({ endedAt }) => msOf(endedAt)));
      for (const { startedAt } of wave) expect(msOf(startedAt)).toBeGreaterThanOrEqual(before);
    }
  });

  test('merges what two actions of one wave have changed', async () => {
    expect(await bed.workspace(run.id)).toMatchObject({
      'both.txt': 'as it was\nand changed\n',
      'code.txt': 'the code\n',
      'index.md': 'the code\nthe text\n',
      'text.md': 'the text\n',
    });
  });

  test('leaves its files: what was said, what was handed over, what was done and how it was judged', async () => {
    expect(await bed.files(run.id)).toEqual(
      [
        'briefing.json',
        ...[1, 2, 3, 4].map((id) => `execution/${id}.json`),
        'execution/tool_results.json',
        'handoff/README.md',
        'handoff/pending_actions.json',
        'handoff/tasks.json',
        'planning/actions.json',
        'planning/decisions.json',
        'planning/summary.md',
        'planning/transcript.md',
        'report.html',
        ...[1, 2, 3, 4].map((id) => `review/${id}.json`),
        'review/cycle.json',
      ].map((path) => `cycles/1/${path}`),
    );
    const [transcript, report] = await Promise.all([
      bed.file(run.id, 'cycles/1/planning/transcript.md'),
      bed.file(run.id, 'cycles/1/report.html'),
    ]);
    for (const member of ['planner', 'builder', 'writer', 'inspector'])
      expect(transcript).toContain(`${member} has thought about it.`);
    for (const id of [1, 2, 3, 4]) expect(report).toContain(sentenceOf(pair, 1, { id }));
    expect(report).toMatch(/^<!doctype html>/i);
    expect(await bed.object('projects/pair/memory.md')).toBe('Code and text fit each other.');
  });

  test('hands the plan over in one document, and what is in it is what is done [B3]', async () => {
    const handoff = pendingActions.parse(await bed.json(run.id, 'cycles/1/handoff/pending_actions.json'));
    expect(handoff).toMatchObject({ count: 4, source: 'planning_meeting_1' });
    const done = actionsOf(run).map(({ id, title, owner, priority }) => ({
      id,
      action: title,
      owner,
      priority,
    }));
    expect(
      handoff.actions.map(({ id, action, owner, priority }) => ({ id, action, owner, priority })),
    ).toEqual(done);
    for (const { id, action } of handoff.actions) {
      const execution = await bed.json<{ title: string }>(run.id, `cycles/1/execution/${id}.json`);
      expect(execution).toMatchObject({
        id,
        title: action,
        status: 'DONE',
        job: `${run.id}-c1-a${id}-r0-do`,
      });
    }
  });

  test('has somebody else check every action, and the coordinator the whole [E5]', async () => {
    for (const { id, owner } of actionsOf(run)) {
      const check = await bed.row(`${run.id}-c1-a${id}-r0-check`);
      expect(check.run).toMatchObject({ agent: 'inspector', action: id });
      expect(owner).not.toBe('inspector');
      const review = await bed.json<ActionReview>(run.id, `cycles/1/review/${id}.json`);
      expect(review).toMatchObject({ outcome: 'met', conflicts: [], restored: [] });
      expect(review.checks.every(({ ok, exitCode }) => ok && exitCode === 0)).toBe(true);
    }
    expect((await bed.row(`${run.id}-c1-review`)).run).toMatchObject({ agent: 'planner' });
    expect(await bed.json(run.id, 'cycles/1/review/cycle.json')).toMatchObject({ objectiveAchieved: true });
  });

  test('lets its agents share notes and files from one job to the next [A11]', async () => {
    const said = async (id: number) =>
      (await bed.json<{ result: AgentResult }>(run.id, `cycles/1/execution/${id}.json`)).result.summary;
    expect(await said(1)).toContain('Seventeen metres.');
    expect(await said(4)).toContain('the code');
  });

  test('gives each action a written request, and the answers of those that it depends on [C4]', async () => {
    const request = await bed.object((await bed.row(`${run.id}-c1-a4-r0-do`)).inputKey);
    const { payload } = JSON.parse(request) as { payload: { prompt: string; criteria: string[] } };
    expect(payload.prompt).toContain(sentenceOf(pair, 1, { id: 4 }));
    expect(payload.prompt).toMatch(
      /Action 2 \(builder\) was done before, and its owner answered:\n> Action 2 is done/,
    );
    expect(payload.criteria).toEqual(['What action 4 makes is there']);
  });
});

describe('an executor that changes the tests and says that they pass [E5]', () => {
  test('is found out by the checks, revises with the findings, and mends it', async () => {
    const run = await ended('mended');
    expect(run).toMatchObject({ outcome: 'Done' });
    expect(actionsOf(run)).toMatchObject([{ status: 'DONE', revision: 1 }]);
    const first = await bed.result<ActionReview>(`${run.id}-c1-a1-r0-check`);
    expect(first).toMatchObject({ outcome: 'not_met', restored: ['test/sum.test.js'] });
    expect(first.verdicts).toMatchObject([{ verdict: 'not_met', byCheck: true }]);
    expect(first.checks).toMatchObject([
      { tool: 'run_tests', ok: false, output: expect.stringMatching(/fail 1/) },
    ]);
    const again = await bed.object((await bed.row(`${run.id}-c1-a1-r1-do`)).inputKey);
    expect(again).toContain('A reviewer looked at what was handed in before and found');
    expect(again).toContain('These files are protected and were put back as they were');
    const second = await bed.result<ActionReview>(`${run.id}-c1-a1-r1-check`);
    expect(second.checks).toMatchObject([{ ok: true, output: expect.stringMatching(/fail 0/) }]);
    const files = await bed.workspace(run.id);
    expect(files['sum.js']).toContain('a + b');
    expect(files['test/sum.test.js']).toContain('sum(9, 5), 14');
  }, 130_000);

  test('fails where it lies again, whatever it and the reviewer say, and nothing of it is kept', async () => {
    const run = await ended('stubborn');
    expect(run).toMatchObject({ status: 'FAILED', outcome: 'ActionsFailed' });
    expect(actionsOf(run)).toMatchObject([
      { status: 'FAILED', revision: 1, reason: expect.stringContaining('run_tests') },
    ]);
    const { result } = await bed.json<{ result: AgentResult }>(run.id, 'cycles/1/execution/1.json');
    expect(result.summary).toBe('All tests pass: tests 1, pass 1, fail 0.');
    const row = await bed.rowOf(run.id);
    expect(row.workspace).toEqual(row.firstWorkspace);
  }, 130_000);
});

describe('an action that fails', () => {
  let run: RunView;
  beforeAll(async () => {
    run = await ended('chain');
  }, 130_000);

  test('does not sink the others; what depends on it is skipped, with the reason', () => {
    expect(run.cycles[0]).toMatchObject({ end: 'ActionsFailed' });
    expect(actionsOf(run)).toMatchObject([
      { status: 'FAILED', revision: 1, reason: expect.stringContaining('file_says') },
      { status: 'SKIPPED', jobs: [], reason: 'it depends on 1 (FAILED)' },
      { status: 'DONE' },
      { status: 'FAILED', reason: expect.stringContaining('No such luck') },
    ]);
  });

  test('is what the next meeting reads, with the output of its check [B6]', async () => {
    const { text } = await bed.json<{ text: string }>(run.id, 'cycles/2/briefing.json');
    expect(text).toContain('Cycle 1: ActionsFailed, 1 of 4 actions done');
    expect(text).toContain('### Action 1 (builder): FAILED');
    expect(text).toMatch(/Check file_says FAILED \(What action 1 makes is there\):\n> /);
    expect(text).toContain('- 2 SKIPPED: ');
    expect(text).toContain('Lesson of cycle 1 of chain.');
    const meeting = bed.modelRequests.filter((request) =>
      JSON.stringify(request).includes('Cycle 2 of at most 2'),
    );
    expect(meeting.length).toBeGreaterThanOrEqual(5);
    expect(JSON.stringify(meeting[0])).toContain('2 SKIPPED: ');
  });

  test('is done in the next cycle, and the run is Done [B6]', () => {
    expect(run).toMatchObject({ status: 'SUCCEEDED', outcome: 'Done', cycle: 2 });
    expect(actionsOf(run, 2)).toMatchObject([{ status: 'DONE' }]);
    expect(run.costUsd).toBeCloseTo(
      run.cycles.reduce((sum, { costUsd }) => sum + costUsd, 0),
      9,
    );
  });
});
