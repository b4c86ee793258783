import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { ApiClient } from '../../lib/adapters/client/api-client.ts';
import type { RunView } from '../../lib/contracts/run-view.ts';
import { makeFolder, type RunningMuster, removeFolder, startMuster } from '../cli/harness.ts';
import { endsOf, openApi, readRunFile, runTeam } from '../local/end-to-end/team-run.ts';

jest.setTimeout(600_000);

const root = makeFolder();
let running: RunningMuster | undefined;
let api: ApiClient;
let run: RunView;

/** Both cycles once, on the offline model: some thirty actions with real tools. */
beforeAll(async () => {
  const dataDir = join(root, 'data');
  running = await startMuster(dataDir, ['--concurrency', '4'], { cwd: root });
  api = await openApi(dataDir);
  const objective =
    'Roll the ranking model out to 5 percent of the users, with measured criteria and a way back.';
  const folder = 'examples/ranking-rollout/project';
  run = await runTeam(api, { team: 'autonomous', objective, folder, maxCycles: 2 });
});
afterAll(async () => {
  await running?.stop();
  removeFolder(root);
});

const actionsOf = (cycle: number) => run.cycles.find((each) => each.cycle === cycle)?.actions ?? [];

describe('autonomous on its example', () => {
  test('fails in the first cycle at its gate, and skips what depends on it [B6]', () => {
    expect(run.cycles.map(({ end }) => end)).toEqual(['ActionsFailed', 'Done']);
    const bad = endsOf(run, 1).filter((end) => !end.endsWith('DONE'));
    expect(bad).toEqual(['6 FAILED', '10 SKIPPED', '11 SKIPPED', '12 SKIPPED']);
    expect(actionsOf(1).find(({ id }) => id === 6)?.reason).toMatch(/NDCG@10 0\.68\d\d .* FAILED/);
  });

  test('plans 15 to 20 actions in a meeting of six, and gives them to six others [B1] [B2]', async () => {
    for (const cycle of [1, 2]) {
      expect(actionsOf(cycle).length).toBeGreaterThanOrEqual(15);
      expect(actionsOf(cycle).length).toBeLessThanOrEqual(20);
      expect(new Set(actionsOf(cycle).map(({ owner }) => owner)).size).toBe(6);
    }
    const transcript = await readRunFile(api, run.id, 'cycles/1/planning/transcript.md');
    for (const agent of ['moderator', 'pre_architect', 'data_analyst', 'tech_analysis', 'critic', 'cotrr'])
      expect(transcript).toContain(agent);
  });

  test('begins every high action before any medium, and every medium before any low [B4]', () => {
    for (const cycle of [1, 2]) {
      const begun = (priority: string) =>
        actionsOf(cycle).flatMap((action) =>
          action.priority === priority && action.startedAt !== undefined ? [action.startedAt] : [],
        );
      const order = [begun('high'), begun('medium'), begun('low')].map((times) => times.toSorted());
      expect((order[0]?.at(-1) ?? '') <= (order[1]?.[0] ?? '~')).toBe(true);
      expect((order[1]?.at(-1) ?? '') <= (order[2]?.[0] ?? '~')).toBe(true);
    }
  });

  test('reads the failure in the second meeting, repairs its cause, and reaches 5 percent [B5] [B6]', async () => {
    const summary = await readRunFile(api, run.id, 'cycles/2/planning/summary.md');
    expect(summary).toMatch(/0\.68\d\d/);
    expect(actionsOf(2)[0]).toMatchObject({
      owner: 'integration_engineer',
      kind: 'training',
      status: 'DONE',
    });
    const titles = (cycle: number) => actionsOf(cycle).map(({ title }) => title);
    expect(titles(1)).not.toEqual(expect.arrayContaining(titles(2)));
    expect(actionsOf(2).find(({ id }) => id === 10)?.verdicts).toMatchObject({
      'Stage 5 meets p95 and SLO.': 'met',
    });
  });
});
