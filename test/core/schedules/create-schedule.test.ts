import { beforeEach, describe, expect, it, test } from '@jest/globals';
import { limits } from '#contracts/limits.ts';
import type { ScheduleRow } from '#contracts/schedule.ts';
import {
  deleteSchedule,
  pauseSchedule,
  requireSchedule,
  resumeSchedule,
} from '#core/schedules/change-schedule.ts';
import { createSchedule } from '#core/schedules/create-schedule.ts';
import { fireSchedule } from '#core/schedules/fire-schedule.ts';
import { listSchedules, viewOf } from '#core/schedules/read-schedules.ts';
import { startNow } from '#core/schedules/start-now.ts';
import { documentWith } from '../../fakes/a-team.ts';
import { callerOf, everyone } from '../../fakes/job-steps.ts';
import { type MemoryScheduleDeps, makeMemoryScheduleDeps } from '../../fakes/memory-schedules.ts';

const job = { type: 'echo', payload: { message: 'tick' }, budgetUsd: 0.01 };
const run = { team: 'small', objective: 'Look around.', budgetUsd: 2, maxCycles: 1 };
const body = { name: 'pulse', when: { everySeconds: 600 }, starts: { job } };

let deps: MemoryScheduleDeps;
beforeEach(async () => {
  deps = makeMemoryScheduleDeps();
  await deps.teams.put(documentWith());
});

async function make(more: object = {}, caller = everyone): Promise<ScheduleRow> {
  return (await createSchedule(deps, caller, { ...body, ...more })).row;
}

describe('making a schedule', () => {
  it('says what it starts, and when it ticks next', async () => {
    const row = await make({ when: { cron: '0 9 * * 1', timeZone: 'Europe/Berlin' }, starts: { run } });
    expect(await viewOf(deps, row)).toMatchObject({
      name: 'pulse',
      project: 'default',
      state: 'active',
      overlap: 'forbid',
      startsWhat: 'team small: Look around.',
      budgetUsd: 2,
      next: [
        '2026-11-16T08:00:00.000Z',
        '2026-11-23T08:00:00.000Z',
        '2026-11-30T08:00:00.000Z',
        '2026-12-07T08:00:00.000Z',
        '2026-12-14T08:00:00.000Z',
      ],
      recent: [],
    });
  });

  it('is repeatable; another one of that name is refused', async () => {
    const { id } = await make();
    expect(await createSchedule(deps, everyone, body)).toMatchObject({ replayed: true, row: { id } });
    await expect(make({ when: { everySeconds: 700 } })).rejects.toMatchObject({
      code: 'schedule_exists',
      remedy: expect.stringContaining(`muster schedule delete ${id}`),
    });
    expect((await make({ project: 'shop' })).id).not.toBe(id);
  });

  it('may begin later, and then ticks at that very moment', async () => {
    const { nextAtMs } = await make({ startsAt: '2026-12-24T18:00:00Z' });
    expect(nextAtMs).toBe(Date.parse('2026-12-24T18:00:00Z'));
  });

  it('may end, and is shown as ended after its last tick', async () => {
    const { id } = await make({ endsAt: '2026-11-15T12:25:00Z' });
    for (let tick = 0; tick < 3; tick++) {
      deps.clock.advanceSeconds(600);
      await fireSchedule(deps, id);
    }
    const row = await requireSchedule(deps, everyone, id);
    expect(row.counts).toEqual({ started: 1, skipped: 1, missed: 0 });
    expect(await viewOf(deps, row)).toMatchObject({ state: 'ended', next: [] });
  });

  test.each([
    ['a run without a budget', { starts: { run: { ...run, budgetUsd: undefined } } }, 'missing: budgetUsd'],
    ['a run without an end', { starts: { run: { ...run, maxCycles: undefined } } }, 'missing: maxCycles'],
    ['a job without a budget', { starts: { job: { ...job, budgetUsd: undefined } } }, 'missing: budgetUsd'],
    ['nothing to start', { starts: {} }, 'must have one of "run" and "job"'],
    ['two things to start', { starts: { run, job } }, 'must have one of "run" and "job"'],
    ['no rhythm', { when: {} }, 'must have one of "cron" and "everySeconds"'],
    ['two rhythms', { when: { cron: '0 9 * * 1', everySeconds: 600 } }, 'must have one of "cron" and'],
    [
      'a zone without a clock',
      { when: { everySeconds: 600, timeZone: 'UTC' } },
      'means nothing without "cron"',
    ],
    ['less than a minute', { when: { everySeconds: 59 } }, 'must be at least 60'],
    ['seconds', { when: { cron: '* * * * * *' } }, 'it has 6 fields'],
    [
      'an unknown zone',
      { when: { cron: '0 9 * * 1', timeZone: 'Mars/Phobos' } },
      'no time zone "Mars/Phobos"',
    ],
    ['a day that never comes', { when: { cron: '0 0 31 2 *' } }, '"0 0 31 2 *" never comes'],
    [
      'a start in another zone',
      { startsAt: '2026-12-24T18:00:00+01:00' },
      'startsAt must be a time in UTC, like 2027-01-01T08:00:00Z',
    ],
    [
      'a beginning that is over',
      { startsAt: '2026-11-15T11:59:00Z' },
      'startsAt is 2026-11-15T11:59:00Z, which is over',
    ],
    [
      'an end that is over',
      { endsAt: '2026-11-15T11:59:00Z' },
      'endsAt is 2026-11-15T11:59:00Z, which is over',
    ],
    [
      'an end before the first tick',
      { endsAt: '2026-11-15T12:05:00Z' },
      'before the first tick, which would be 2026-11-15T12:10',
    ],
    [
      'a project of its own',
      { starts: { run: { ...run, project: 'shop' } } },
      '/starts/run/project is not a known field',
    ],
    [
      'a payload that no such job takes',
      { starts: { job: { ...job, payload: { text: 'x' } } } },
      '/payload/message',
    ],
    [
      'a team without an objective',
      { starts: { run: { ...run, objective: undefined } } },
      'the run has no "objective"',
    ],
    ['an unknown field', { wen: 1 }, '/wen is not a known field'],
  ])('is refused with %s', async (_what, more, said) => {
    const given = JSON.parse(JSON.stringify({ ...body, ...more }));
    await expect(createSchedule(deps, everyone, given)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining(said),
    });
    expect(deps.schedules.rows.size).toBe(0);
  });

  it('is refused with a team that is not there, a project of others, and too much text', async () => {
    const lost = make({ starts: { run: { ...run, team: 'lost' } } });
    await expect(lost).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('"lost"'),
    });
    await expect(make({ project: 'shop' }, callerOf('garden'))).rejects.toMatchObject({ code: 'not_found' });
    const long = { type: 'chat', payload: { prompt: 'x'.repeat(70_000) }, budgetUsd: 1 };
    await expect(make({ starts: { job: long } })).rejects.toMatchObject({ code: 'payload_too_large' });
  });

  it('is refused when there are as many as a deployment takes', async () => {
    const row = await make();
    for (let n = 1; n < limits.schedules; n++)
      deps.schedules.write({ ...row, id: `schedule-${String(n).padStart(16, '0')}`, name: `s${n}` });
    await expect(make({ name: 'one-more' })).rejects.toThrow('there are 500 schedules');
    await deleteSchedule(deps, everyone, row.id);
    expect((await make({ name: 'one-more' })).state).toBe('active');
  });

  it('under a name that was deleted waits until what was begun under it has ended', async () => {
    const { id } = await make();
    const row = await deleteSchedule(deps, everyone, id);
    const pending = { id: 'x', atMs: 0, cause: 'clock', state: 'starting', tries: 1, dueAtMs: 0 } as const;
    deps.schedules.write({ ...row, version: row.version + 1, pending });
    await expect(make()).rejects.toMatchObject({ code: 'busy' });
  });
});

describe('the list of schedules', () => {
  it('is by project and name, in pages', async () => {
    for (const [project, name] of [
      ['shop', 'b'],
      ['garden', 'z'],
      ['shop', 'a'],
    ])
      await make({ project, name });
    const first = await listSchedules(deps, everyone, { limit: '2' });
    expect(first.items.map(({ name }) => name)).toEqual(['z', 'a']);
    const { items, cursor } = await listSchedules(deps, everyone, { limit: '2', cursor: first.cursor });
    expect(items.map(({ name }) => name)).toEqual(['b']);
    expect(cursor).toBeUndefined();
  });

  it('shows a caller their projects alone [D4]', async () => {
    await make({ project: 'shop', name: 'theirs' });
    await make({ project: 'garden', name: 'mine' });
    const guest = callerOf('garden');
    expect((await listSchedules(deps, guest, {})).items.map(({ name }) => name)).toEqual(['mine']);
    await expect(listSchedules(deps, guest, { project: 'shop' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

test('a schedule of another project does not exist for a caller, whatever they ask of it [D4]', async () => {
  const { id } = await make({ project: 'shop' });
  const guest = callerOf('garden');
  for (const ask of [requireSchedule, pauseSchedule, resumeSchedule, deleteSchedule])
    await expect(ask(deps, guest, id)).rejects.toMatchObject({ code: 'not_found' });
  await expect(startNow(deps, guest, id, 'key')).rejects.toMatchObject({ code: 'not_found' });
  await expect(requireSchedule(deps, everyone, 'no id')).rejects.toMatchObject({ code: 'not_found' });
});
