import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { scheduleBound } from '../../lib/cli/schedule/schedule-bound.ts';
import { type AddOptions, type Named, toScheduleRequest } from '../../lib/cli/schedule/schedule-request.ts';
import { tickText } from '../../lib/cli/schedule/tick-text.ts';
import { scheduleRequest } from '../../lib/contracts/schedule.ts';
import { makeFolder, muster, type RunningMuster, removeFolder, startMuster } from './harness.ts';

const nowMs = Date.parse('2026-11-15T12:00:00Z');
const asRun: Named = { name: 'monday', kind: 'run', what: 'solo', text: 'Look around.' };
const asJob: Named = { name: 'pulse', kind: 'job', what: 'echo', text: 'hi' };

describe('what is typed', () => {
  test('becomes a schedule of a run that the API takes', async () => {
    const typed = await toScheduleRequest(asRun, {
      ...{ cron: '0 9 * * 1', zone: 'Europe/Berlin', overlap: 'queue', project: 'shop' },
      ...{ budget: 2, cycles: 1, constraint: ['No new package.'], approvePlan: true },
    });
    expect(scheduleRequest.parse(typed)).toMatchObject({
      name: 'monday',
      project: 'shop',
      when: { cron: '0 9 * * 1', timeZone: 'Europe/Berlin' },
      overlap: 'queue',
      starts: {
        run: {
          team: 'solo',
          objective: 'Look around.',
          budgetUsd: 2,
          maxCycles: 1,
          approvals: { plan: true },
        },
      },
    });
  });

  test('becomes a schedule of a job that the API takes', async () => {
    const typed = await toScheduleRequest(asJob, { every: '30m', budget: 0.01, maxAttempts: 1 });
    expect(scheduleRequest.parse(typed)).toMatchObject({
      when: { everySeconds: 1_800 },
      starts: { job: { type: 'echo', payload: { message: 'hi' }, budgetUsd: 0.01, maxAttempts: 1 } },
    });
  });

  test('names the alarm that starts a run, what has to be over, and what the run is told [C5]', async () => {
    const typed = await toScheduleRequest(asRun, {
      ...{ alarm: 'QueueStuck', cooldown: '1h', recovery: '{{alarm}}', within: '20m', with: 'spending' },
      ...{ budget: 2, cycles: 1 },
    });
    expect(scheduleRequest.parse(typed)).toMatchObject({
      when: { alarm: 'QueueStuck', cooldownMinutes: 60 },
      starts: {
        run: { recovery: { alarm: '{{alarm}}', withinMinutes: 20, steadyMinutes: 5 } },
        with: 'spending',
      },
    });
    expect(scheduleBound(typed, false, nowMs)).toBe(
      "Starts at most 720 times within 30 days, and costs at most $2.0000 each time: $1440.0000 in all, or what the project's month has left.",
    );
  });

  test.each<[string, Named, AddOptions, string]>([
    ['an alarm and a time', asRun, { alarm: 'QueueStuck', every: '1h' }, 'an --alarm and a --every'],
    ['a cooldown of no alarm', asRun, { every: '1h', cooldown: '1h' }, '--cooldown is for alarms'],
    ['no rhythm', asJob, {}, 'give --cron, --every or --alarm'],
    ['two rhythms', asJob, { cron: '0 9 * * 1', every: '1h' }, 'give one of them'],
    ['a zone without a clock', asJob, { every: '1h', zone: 'UTC' }, '--zone means nothing to --every'],
    ['a time that is none', asJob, { every: 'often' }, '--every often is not a time'],
    [
      'another kind',
      { ...asJob, kind: 'meeting' },
      { every: '1h' },
      '"meeting" is nothing that can be started',
    ],
    [
      'what only runs have',
      asJob,
      { every: '1h', with: 'spending' },
      '--with is for runs, and this starts a job',
    ],
    ['cycles of a job', asJob, { every: '1h', cycles: 3 }, '--cycles is for runs'],
    [
      'what only jobs have',
      asRun,
      { every: '1h', maxTokens: 9 },
      '--max-tokens is for jobs, and this starts a run',
    ],
    ['a file for a run', asRun, { every: '1h', file: 'a.txt' }, '--file is for jobs'],
  ])('is refused with %s', async (_what, named, options, said) => {
    await expect(toScheduleRequest(named, options)).rejects.toThrow(said);
  });
});

describe('what a schedule can cost', () => {
  const bound = async (options: AddOptions, offline = false) =>
    scheduleBound(await toScheduleRequest(asRun, { budget: 2, cycles: 1, ...options }), offline, nowMs);

  test('is said for the next 30 days', async () => {
    expect(await bound({ cron: '0 9 * * 1' })).toBe(
      "Starts at most 5 times within 30 days, and costs at most $2.0000 each time: $10.0000 in all, or what the project's month has left.",
    );
    expect(await bound({ every: '1m' })).toContain('Starts at most 43200 times within 30 days');
    expect(await bound({ every: '1d', startsAt: '2027-01-01T00:00:00Z' })).toContain('at most 30 times');
    expect(await bound({ every: '1d', endsAt: '2026-11-18T00:00:00Z' })).toContain('at most 2 times');
  });

  test('is nothing where the offline model answers', async () => {
    expect(await bound({ every: '1d' }, true)).toContain('costs nothing: the offline model answers');
  });
});

test('a tick says how it ended, and why', () => {
  const tick = { at: '2027-01-01T00:00:00.000Z', cause: 'clock' } as const;
  expect(tickText({ ...tick, outcome: 'started', job: 'job-1' })).toBe('started: job-1');
  expect(tickText({ ...tick, outcome: 'skipped', reason: 'overlap', says: 'job job-1 still runs' })).toBe(
    'skipped: what it started last still runs; job job-1 still runs',
  );
  expect(tickText({ ...tick, outcome: 'missed', count: 3, from: '2026-12-31T22:00:00.000Z' })).toBe(
    'missed 3 times since 2026-12-31T22:00:00.000Z',
  );
});

describe('muster schedule', () => {
  let folder: string;
  let running: RunningMuster;

  beforeAll(async () => {
    folder = makeFolder();
    running = await startMuster(`${folder}/data`);
  }, 120_000);
  afterAll(async () => {
    await running?.stop();
    removeFolder(folder);
  }, 30_000);

  const cli = (...args: string[]) => muster(['schedule', ...args, '--data', `${folder}/data`]);

  test('adds, lists, shows, starts, pauses, resumes and deletes', async () => {
    const added = await cli('add', 'pulse', 'job', 'echo', 'hi', '--every', '1h', '--budget', '0.01');
    expect(added.code).toBe(0);
    expect(added.stdout).toMatch(/^schedule-[0-9a-f]{16}\n$/);
    expect(added.stderr).toContain('Starts at most 720 times within 30 days');
    const id = added.stdout.trim();
    expect((await cli('list')).stdout).toMatch(new RegExp(`${id} +default +pulse +active +every 1 h`));

    const started = await cli('start', 'pulse');
    expect(started).toMatchObject({ code: 0, stdout: expect.stringMatching(/^job-[0-9a-f]{32}\n$/) });
    const shown = await cli('show', 'pulse');
    expect(shown.stdout).toContain('echo job, at most $0.0100 each time');
    expect(shown.stdout).toContain(`started: ${started.stdout.trim()}  (hand)`);

    expect((await cli('pause', id)).stdout).toBe(`${id} paused\n`);
    expect(JSON.parse((await cli('show', id, '--json')).stdout)).toMatchObject({ state: 'paused', next: [] });
    expect((await cli('resume', 'pulse')).stdout).toBe(`${id} active\n`);
    expect((await cli('delete', 'pulse')).stdout).toBe(`${id} deleted\n`);
    expect((await cli('show', 'pulse')).code).toBe(3);
    expect((await cli('list')).stdout).toBe('There are none.\n');
  }, 90_000);

  test('sends the folder that each start begins with', async () => {
    const dir = `${folder}/files`;
    mkdirSync(dir);
    writeFileSync(`${dir}/notes.txt`, 'as it is');
    const limits = ['--budget', '0.01', '--every', '1h'];
    const run = await cli('add', 'mend', 'run', 'solo', 'Mend it.', '--dir', dir, '--cycles', '1', ...limits);
    expect(run.stderr).toContain('1 file');
    const job = await cli('add', 'tidy', 'job', 'agent', 'Tidy up.', '--dir', dir, ...limits);
    const { starts } = JSON.parse((await cli('show', 'mend', '--json')).stdout);
    expect(starts.run.workspace).toEqual({ sha256: expect.any(String), bytes: expect.any(Number) });
    const shown = JSON.parse((await cli('show', 'tidy', '--json')).stdout);
    expect(shown.starts.job.payload.workspace).toEqual(starts.run.workspace);
    for (const { stdout } of [run, job]) expect((await cli('delete', stdout.trim())).code).toBe(0);

    const echo = await cli('add', 'no', 'job', 'echo', 'hi', '--dir', dir, ...limits);
    expect(echo).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--dir is for jobs of the type agent'),
    });
  }, 60_000);

  test('passes on why the API refuses a schedule', async () => {
    const refused = await cli('add', 'dear', 'run', 'solo', 'Look around.', '--every', '1h');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('a scheduled run must say "budgetUsd" and "maxCycles"');
    const typo = await cli(
      'add',
      'typo',
      'job',
      'echo',
      'hi',
      '--cron',
      '0 9 * * *',
      '--zone',
      'Berlin',
      '--budget',
      '1',
    );
    expect(typo.stderr).toContain('there is no time zone "Berlin"');
  }, 60_000);
});
