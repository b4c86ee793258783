import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { RunView } from '../../lib/contracts/run-view.ts';
import { chatScript, readScript, readTaskScript } from '../../lib/local/offline-model/read-script.ts';
import {
  type RunningOfflineModel,
  startOfflineModel,
} from '../../lib/local/offline-model/start-offline-model.ts';
import { makeFolder, type RunningMuster, removeFolder, startMuster } from '../cli/harness.ts';
import { endsOf, openApi, runTeam } from '../local/end-to-end/team-run.ts';

jest.setTimeout(180_000);

const root = makeFolder();
const running: RunningMuster[] = [];
afterAll(async () => {
  await Promise.all(running.map((cloud) => cloud.stop()));
  removeFolder(root);
});

describe('software, on the offline model', () => {
  let run: RunView;
  beforeAll(async () => {
    const dataDir = join(root, 'software');
    running.push(await startMuster(dataDir, ['--concurrency', '2'], { cwd: root }));
    const objective = 'Build a small application that shortens links.';
    run = await runTeam(await openApi(dataDir), { team: 'software', objective, maxCycles: 1 });
  });

  test('goes from a requirement to an application whose tests and smoke test pass [D1]', () => {
    expect([run.status, run.cycles[0]?.end]).toEqual(['SUCCEEDED', 'Done']);
    expect(endsOf(run, 1)).toEqual(['1 DONE', '2 DONE', '3 DONE', '4 DONE', '5 DONE', '6 DONE']);
    expect(run.cycles[0]?.actions.find(({ id }) => id === 5)?.verdicts).toEqual({
      'The application starts, answers and stops.': 'met',
      'docs/run.md says so.': 'met',
    });
  });

  test('has each role do its own, in the order of the plan [D1] [C1]', () => {
    const actions = run.cycles[0]?.actions ?? [];
    const begun = actions.toSorted((a, b) => (a.startedAt ?? '').localeCompare(b.startedAt ?? ''));
    expect(begun.map(({ owner }) => owner)).toEqual([
      'product_manager',
      'architect',
      'backend_developer',
      'qa_engineer',
      'devops_engineer',
      'product_manager',
    ]);
  });
});

describe('a worker that empties the tests and says that all pass', () => {
  let model: RunningOfflineModel;
  let run: RunView;
  beforeAll(async () => {
    const taskScripts = [await readTaskScript(join(import.meta.dirname, '../local/scripts/liar.json'))];
    model = await startOfflineModel({ script: await readScript(chatScript), taskScripts, deltaMs: 0 });
    const dataDir = join(root, 'liar');
    const env = { ANTHROPIC_API_KEY: 'sk-ant-test', ANTHROPIC_BASE_URL: model.url };
    running.push(await startMuster(dataDir, ['--concurrency', '2', '--unsandboxed'], { cwd: root, env }));
    const objective = 'The tests of this library fail. Fix the library, not the tests.';
    const folder = 'examples/fix-the-tests/project';
    run = await runTeam(await openApi(dataDir), { team: 'solo', objective, folder, maxCycles: 1 });
  });
  afterAll(() => model.close());

  test('is found out by the tests as they were, although its reviewer believes it [E5]', () => {
    expect([run.status, run.cycles[0]?.end]).toEqual(['FAILED', 'ActionsFailed']);
    const [action] = run.cycles[0]?.actions ?? [];
    expect(action).toMatchObject({ status: 'FAILED', revision: 2 });
    expect(action?.verdicts).toEqual({ 'All tests of the library pass': 'not_met' });
    expect(action?.reason).toMatch(/tests 14[\s\S]*fail 4/);
  });
});
