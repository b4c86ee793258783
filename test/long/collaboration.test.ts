import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { RunView } from '../../lib/contracts/run-view.ts';
import { endsOf, readRunFile } from '../local/end-to-end/team-run.ts';
import { type CollaborationBed, openCollaborationBed } from './collaboration-bed.ts';

jest.setTimeout(400_000);

let bed: CollaborationBed;
let monitoring: Promise<RunView>;
let saving: Promise<RunView>;
beforeAll(async () => {
  bed = await openCollaborationBed(2);
  // Side by side: both wait for the clock more than for the machine.
  [monitoring, saving] = [monitor(bed), save(bed)];
  await Promise.allSettled([monitoring, saving]);
});
afterAll(() => bed?.close());

/** The run that an alarm has started, at its end. */
async function monitor({ typed, startedBy, agree, ended }: CollaborationBed): Promise<RunView> {
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
async function save({ typed, startedBy, agree, ended }: CollaborationBed): Promise<RunView> {
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
    const report = await readRunFile(bed.api, done.id, 'cycles/1/report.html');
    expect(report).toContain('The alarm Muster-JobsFailing is over');
  });

  test('looks at the spending of a week, suggests, asks the user, and goes on with their choice [C5] [C7]', async () => {
    const done = await saving;
    const briefing = await readRunFile(bed.api, done.id, 'cycles/1/briefing.json');
    const { text } = JSON.parse(briefing) as { text: string };
    expect(text).toContain('> AmazonCloudWatch | 16.80 | 5.60 | +11.20');
    expect([done.outcome, endsOf(done, 1)]).toEqual(['Done', ['1 DONE', '2 DONE']]);
    expect(done.objective).toMatch(/the spending of 20\d\d-\d\d-\d\d to 20\d\d-\d\d-\d\d by service/);
  });
});
