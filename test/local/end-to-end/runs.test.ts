import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pendingActions } from '../../../lib/contracts/plan.ts';
import type { RunView } from '../../../lib/contracts/run.ts';
import { type RunBed, startRunBed } from './run-bed.ts';
import { type Story, tell } from './stories.ts';

/** Two actions of one wave that change different files, and one that needs both. */
const pair: Story = {
  name: 'pair',
  cycles: [
    {
      memory: 'Pairs fit.',
      actions: [
        {
          id: 1,
          owner: 'writer',
          kind: 'write',
          priority: 'low',
          checks: [{ tool: 'file_says', args: { path: 'index.md', text: 'code and text' } }],
          dependsOn: [2, 3],
          bash: ['cat code.txt text.md && echo "code and text" > index.md'],
        },
        {
          id: 2,
          owner: 'builder',
          kind: 'build',
          priority: 'high',
          checks: [{ tool: 'file_says', args: { path: 'code.txt', text: 'the code' } }],
          bash: ['sleep 0.5; echo "the code" > code.txt'],
        },
        {
          id: 3,
          owner: 'writer',
          kind: 'write',
          priority: 'high',
          checks: [{ tool: 'file_says', args: { path: 'text.md', text: 'the text' } }],
          bash: ['sleep 0.5; echo "the text" > text.md; echo changed >> both.txt'],
        },
      ],
    },
  ],
};

let bed: RunBed;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-runs-'));
  mkdirSync(join(folder, 'begin'));
  writeFileSync(join(folder, 'begin/both.txt'), 'as it was\n');
  bed = await startRunBed({ modelRules: tell([pair]) });
}, 120_000);
afterAll(async () => {
  await bed?.close();
  rmSync(folder, { recursive: true, force: true });
}, 20_000);

describe('a run that goes well', () => {
  let run: RunView;
  beforeAll(async () => {
    const workspace = await bed.upload('pair', join(folder, 'begin'));
    const { id } = await bed.story('pair', { workspace });
    run = await bed.ended(id);
  }, 60_000);

  test('ends Done, with every action done', async () => {
    console.log(JSON.stringify(await bed.item(`PROJECT#${run.id}`,'MONTH#run')), JSON.stringify(await bed.row(`${run.id}-c1-meet`)));
    const lg = await bed.callService<any>('logs','Logs_20140328.DescribeLogGroups',{}); for (const {logGroupName} of lg.logGroups) { const e = await bed.callService<any>('logs','Logs_20140328.FilterLogEvents',{logGroupName, filterPattern:'budget'}); console.log(logGroupName, e.events.map((x:any)=>x.message).join('\n')); }
    expect(run).toMatchObject({ status: 'SUCCEEDED', outcome: 'Done', cycle: 1 });
    console.log(await bed.workspace(run.id));
    const handoff = pendingActions.parse(await bed.json(run.id, 'cycles/1/handoff/pending_actions.json'));
    expect(handoff.count).toBe(3);
  });
});
