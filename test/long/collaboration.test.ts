import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { ApiClient } from '../../lib/adapters/client/api-client.ts';
import type { RunView } from '../../lib/contracts/run-view.ts';
import { makeFolder, muster, type RunningMuster, removeFolder, startMuster } from '../cli/harness.ts';
import { until } from '../local/end-to-end/client.ts';
import { endsOf, openApi, readRunFile } from '../local/end-to-end/team-run.ts';

jest.setTimeout(400_000);
const patience = { limitMs: 300_000 };

const root = makeFolder();
const dataDir = join(root, 'data');
let cloud: RunningMuster;
let api: ApiClient;
let monitoring: Promise<RunView>;
let saving: Promise<RunView>;
beforeAll(async () => {
  cloud = await startMuster(dataDir, ['--concurrency', '2'], { cwd: root });
  api = await openApi(dataDir);
  // Side by side: both wait for the clock more than for the machine.
  [monitoring, saving] = [monitor(), save()];
  await Promise.allSettled([monitoring, saving]);
});
afterAll(async () => {
  await cloud?.stop();
  removeFolder(root);
});

async function typed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await muster(['--data', dataDir, ...args], { cwd: root });
  if (code !== 0) throw new Error(`muster ${args.join(' ')}: ${code} ${stderr}`);
  return stdout.trim();
}

function startedBy(schedule: string): Promise<string> {
  return until(
    `${schedule} starts a run`,
    async () => (await api.call('readSchedule', { params: { id: schedule } })).body.recent[0]?.run,
    patience,
  );
}

/** Says yes to the gate of this kind when the run waits for it. */
async function agree(run: string, ending: string, more: object = {}): Promise<void> {
  const gate = await until(
    `${run} waits for ${ending}`,
    async () => {
      const { body } = await api.call('readRun', { params: { id: run } });
      if (body.endedAt !== undefined) throw new Error(`it ended ${JSON.stringify(body)}`);
      return body.waitsFor.find((id) => id.endsWith(ending));
    },
    patience,
  );
  const { digest } = (await api.call('readApproval', { params: { id: gate } })).body;
  const body = { decision: 'approve', digest, ...more };
  await api.call('decideApproval', { params: { id: gate }, body });
}

function ended(run: string): Promise<RunView> {
  const look = async () => {
    const { body } = await api.call('readRun', { params: { id: run } });
    return body.endedAt === undefined ? undefined : body;
  };
  return until(`${run} ends`, look, patience);
}

/** The run that an alarm has started, at its end. */
async function monitor(): Promise<RunView> {
  const schedule = await typed(
    ...['schedule', 'add', 'monitor', 'run', 'collaboration', '--alarm', 'JobsFailing'],
    ...['--workflow', 'production-monitoring', '--budget', '5', '--cycles', '1'],
    ...['--recovery', '{{alarm}}', '--within', '10m', '--steady', '2s'],
  );
  await typed('alarm', 'test', 'JobsFailing');
  const run = await startedBy(schedule);
  await agree(run, '-plan');
  await agree(run, '-release');
  return ended(run);
}

/** The run that looks at what AWS has cost, at its end. */
async function save(): Promise<RunView> {
  const schedule = await typed(
    ...['schedule', 'add', 'savings', 'run', 'collaboration', '--cron', '0 9 * * 1', '--with', 'spending'],
    ...['--workflow', 'cost-optimisation', '--budget', '5', '--cycles', '1'],
  );
  await typed('schedule', 'start', schedule);
  const run = await startedBy(schedule);
  await agree(run, '-plan');
  await agree(run, '-task', { result: 'Apply: keep logs for 30 days.' });
  await agree(run, '-release');
  return ended(run);
}

describe('collaboration, on the offline model', () => {
  test('is called by an alarm, mends, waits for the user, and watches until the alarm is over [C5]', async () => {
    const done = await monitoring;
    expect([done.status, done.outcome, endsOf(done, 1)]).toEqual(['SUCCEEDED', 'Done', ['1 DONE']]);
    expect(done.cycles[0]?.recovery).toMatchObject({ alarm: 'Muster-JobsFailing', status: 'RECOVERED' });
    expect(done.cycles[0]?.actions[0]?.owner).toBe('developer');
    const report = await readRunFile(api, done.id, 'cycles/1/report.html');
    expect(report).toContain('The alarm Muster-JobsFailing is over');
  });

  test('looks at the spending of a week, suggests, asks the user, and goes on with their choice [C5] [C7]', async () => {
    const done = await saving;
    const briefing = await readRunFile(api, done.id, 'cycles/1/briefing.json');
    const { text } = JSON.parse(briefing) as { text: string };
    expect(text).toContain('> AmazonCloudWatch | 16.80 | 5.60 | +11.20');
    expect([done.outcome, endsOf(done, 1)]).toEqual(['Done', ['1 DONE', '2 DONE']]);
    expect(done.objective).toMatch(/the spending of 20\d\d-\d\d-\d\d to 20\d\d-\d\d-\d\d by service/);
  });
});
