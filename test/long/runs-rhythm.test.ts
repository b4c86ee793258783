import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunView } from '../../lib/contracts/run-view.ts';
import { type RunBed, startRunBed } from '../local/end-to-end/run-bed.ts';
import { type Story, type StoryAction, tell } from '../local/end-to-end/stories.ts';

const text = (id: number, more: Partial<StoryAction> = {}): StoryAction => ({
  id,
  owner: 'writer',
  kind: 'write',
  checks: [{ tool: 'file_says', args: { path: `text-${id}.md`, text: `text ${id}` } }],
  ...more,
});

const rhythmic: Story = {
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
};

let bed: RunBed;
let rhythm: RunView;
beforeAll(async () => {
  bed = await startRunBed({ modelRules: tell([rhythmic]) });
  // Two minutes, unless something is left over.
  const adapt = { fromSeconds: 60, toSeconds: 240 };
  rhythm = await bed.story('rhythm', {
    maxCycles: 2,
    cadence: { everySeconds: 120, windowSeconds: 30, adapt },
  });
}, 130_000);
afterAll(() => bed?.close(), 20_000);

describe('a run with a rhythm', () => {
  test('carries over what its window had no time for, and says when it goes on, sooner for that, and why [B7]', async () => {
    const between = await bed.reaches(rhythm.id, 'waits', ({ nextCycleAt }) => nextCycleAt !== undefined);
    const [first] = between.cycles;
    expect(between).toMatchObject({ status: 'RUNNING', cycle: 2, cycles: [{ end: 'Done' }] });
    expect(first?.actions).toMatchObject([
      { id: 1, status: 'DONE' },
      { id: 2, status: 'CARRIED', jobs: [], reason: "the cycle's time was over before it began" },
    ]);
    const begun = new Date(first?.startedAt ?? 0).getTime();
    expect(new Date(between.nextCycleAt ?? 0).getTime()).toBe(begun + 60_000);
    const reason =
      'A cycle every 1 min 00 s instead of 2 min 00 s, the shortest allowed: of 2 actions, 1 carried over.';
    expect(between.interval).toEqual({ seconds: 60, reason });
    expect(first?.interval).toEqual(between.interval);
    expect(new Date(first?.endedAt ?? 0).getTime()).toBeLessThan(begun + 60_000);
  }, 130_000);

  test('goes on by itself when the time has come, and its meeting knows what is open [B6] [B7]', async () => {
    const run = await bed.ended(rhythm.id);
    expect(run).toMatchObject({ status: 'SUCCEEDED', outcome: 'Done', cycle: 2 });
    const [first, second] = run.cycles.map(({ startedAt }) => new Date(startedAt).getTime());
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(60_000);
    const { text: briefing } = await bed.json<{ text: string }>(run.id, 'cycles/2/briefing.json');
    expect(briefing).toContain('- 2 CARRIED: ');
    expect(Object.keys(await bed.workspace(run.id)).sort()).toEqual(['text-1.md', 'text-2.md']);
  }, 130_000);
});
