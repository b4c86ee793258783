import { beforeEach, describe, expect, it } from '@jest/globals';
import type { JobRow } from '#contracts/job-row.ts';
import { listJobs, readEvents, readJob, readResult } from '#core/jobs/read-jobs.ts';
import { makeRow, makeRunning, startMs } from '../../fakes/job-rows.ts';
import { callerOf, everyone } from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';

let deps: MemoryDeps;
beforeEach(() => {
  deps = makeMemoryDeps();
});

/** Jobs `job-1` … in the order of their age, by project in turn. */
async function fill(count: number, projects: string[], changes: (n: number) => Partial<JobRow> = () => ({})) {
  for (let n = 1; n <= count; n++) {
    const project = projects[n % projects.length] ?? 'default';
    await deps.projects.note(project);
    await deps.store.create(makeRow({ id: `job-${n}`, project, createdAtMs: startMs + n, ...changes(n) }));
  }
}

async function listAll(query: Record<string, unknown>, caller = everyone): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await listJobs(deps, caller, { ...query, ...(cursor ? { cursor } : {}) });
    pages.push(page.rows.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== undefined && pages.length < 50);
  return pages;
}

describe('a list of jobs', () => {
  it('goes from the newest over all projects, page by page, each job once [A1]', async () => {
    await fill(7, ['alpha', 'beta', 'gamma']);
    expect(await listAll({ limit: 3 })).toEqual([
      ['job-7', 'job-6', 'job-5'],
      ['job-4', 'job-3', 'job-2'],
      ['job-1'],
    ]);
  });

  it('holds only what the caller may touch', async () => {
    await fill(6, ['alpha', 'beta', 'gamma']);
    expect((await listAll({}, callerOf('alpha', 'gamma'))).flat()).toEqual([
      'job-6',
      'job-5',
      'job-3',
      'job-2',
    ]);
    const foreign = listJobs(deps, callerOf('alpha'), { project: 'beta' });
    await expect(foreign).rejects.toMatchObject({ code: 'not_found', status: 404 });
  });

  it('is narrowed by project, status and type, without losing one between pages', async () => {
    await fill(40, ['alpha', 'beta'], (n) => ({
      status: n % 4 === 0 ? 'FAILED' : 'QUEUED',
      ...(n % 4 === 0 ? { endedAtMs: startMs } : {}),
      type: n % 8 === 0 ? 'chat' : 'echo',
    }));
    const failed = [
      'job-40',
      'job-36',
      'job-32',
      'job-28',
      'job-24',
      'job-20',
      'job-16',
      'job-12',
      'job-8',
      'job-4',
    ];
    expect((await listAll({ status: 'FAILED', limit: 3 })).flat()).toEqual(failed);
    expect((await listAll({ status: 'FAILED', type: 'chat', project: 'alpha', limit: 2 })).flat()).toEqual([
      'job-40',
      'job-32',
      'job-24',
      'job-16',
      'job-8',
    ]);
  });

  it('looks at so many rows in one call, and goes on with the cursor', async () => {
    await fill(620, ['alpha'], (n) => ({ type: n === 1 ? 'chat' : 'echo' }));
    const pages = await listAll({ type: 'chat', limit: 100 });
    expect(pages[0]).toEqual([]);
    expect(pages.flat()).toEqual(['job-1']);
  });

  it('shows a row as it is, not as the index says', async () => {
    await fill(2, ['alpha']);
    deps.store.rows.delete('job-1');
    expect((await listAll({})).flat()).toEqual(['job-2']);
  });

  it('refuses the cursor of other filters or of another caller', async () => {
    await fill(4, ['alpha']);
    const { cursor } = await listJobs(deps, everyone, { limit: 1 });
    for (const [caller, query] of [
      [everyone, { status: 'QUEUED', cursor }],
      [callerOf('alpha'), { cursor }],
      [everyone, { cursor: `${cursor}x` }],
    ] as const)
      await expect(listJobs(deps, caller, query)).rejects.toMatchObject({ code: 'invalid_cursor' });
  });

  it.each([{ limit: 0 }, { limit: 101 }, { status: 'DONE' }, { colour: 'red' }])(
    'refuses %p',
    async (query) => {
      await expect(listJobs(deps, everyone, query)).rejects.toMatchObject({ code: 'invalid_request' });
    },
  );
});

describe('a job', () => {
  it('of a foreign project is not found, as one that does not exist', async () => {
    await fill(1, ['beta']);
    for (const id of ['job-1', 'job-2'])
      await expect(readJob(deps, callerOf('alpha'), id)).rejects.toMatchObject({
        code: 'not_found',
        message: `there is no job "${id}"`,
      });
    expect((await readJob(deps, callerOf('beta'), 'job-1')).id).toBe('job-1');
  });
});

describe('a result', () => {
  const result = { key: 'projects/default/jobs/job-1/attempts/1/result.json', sha256: 'a', bytes: 2 };

  it('is the document as it is stored [A3]', async () => {
    await deps.objects.put(result.key, '{"message":"hi"}');
    await deps.store.create(makeRow({ status: 'SUCCEEDED', endedAtMs: startMs, result }));
    expect(await readResult(deps, everyone, 'job-1')).toBe('{"message":"hi"}');
  });

  it.each([
    ['is still running', makeRunning({ version: 1 }), 'job_not_ended', 'wait for it: muster job watch job-1'],
    ['was lost', makeRow({ status: 'SUCCEEDED', endedAtMs: startMs, result }), 'no_result', undefined],
    [
      'failed',
      makeRow({
        status: 'FAILED',
        endedAtMs: startMs,
        error: { code: 'worker_error', message: 'm', remedy: 'r' },
      }),
      'no_result',
      'r',
    ],
    [
      'was cancelled',
      makeRow({ status: 'CANCELLED', endedAtMs: startMs, error: { code: 'cancelled', message: 'm' } }),
      'no_result',
      'run it again: muster job retry job-1',
    ],
  ])('of a job that %s is refused and says what to do', async (_what, row, code, remedy) => {
    await deps.store.create(row);
    await expect(readResult(deps, everyone, 'job-1')).rejects.toMatchObject({ code, remedy });
  });

  it('of a foreign project is not found', async () => {
    await deps.store.create(makeRow({ project: 'beta' }));
    await expect(readResult(deps, callerOf('alpha'), 'job-1')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('the events of a job', () => {
  const note = (message: string) => ({ type: 'note' as const, atMs: startMs, message });
  beforeEach(async () => {
    await deps.store.create(makeRow());
  });

  it('are read from where the last page ended, over attempts', async () => {
    await deps.events.append('job-1', 1, 1, [note('a'), note('b')]);
    const first = await readEvents(deps, everyone, 'job-1', {});
    expect(first.items.map(({ attempt, seq }) => [attempt, seq])).toEqual([
      [1, 1],
      [1, 2],
    ]);
    await deps.events.append('job-1', 2, 1, [note('c')]);
    const second = await readEvents(deps, everyone, 'job-1', { after: first.cursor });
    expect(second.items).toEqual([{ ...note('c'), attempt: 2, seq: 1 }]);
    const third = await readEvents(deps, everyone, 'job-1', { after: second.cursor });
    expect(third).toEqual({ items: [], cursor: second.cursor });
  });

  it('come in pages that an answer of Lambda holds, however long they are', async () => {
    const text = '"'.repeat(30_000);
    const events = Array.from({ length: 200 }, () => ({ type: 'text' as const, text, atMs: startMs }));
    await deps.events.append('job-1', 1, 1, events);
    const pages: number[] = [];
    for (let after: string | undefined; ; ) {
      const page = await readEvents(deps, everyone, 'job-1', after === undefined ? {} : { after });
      if (page.items.length === 0) break;
      // Lambda's answer is JSON in which the body is a text.
      expect(JSON.stringify(JSON.stringify(page)).length).toBeLessThan(6_000_000);
      pages.push(page.items.length);
      after = page.cursor;
    }
    expect(pages.reduce((sum, count) => sum + count)).toBe(200);
  });

  it('stop at a gap until it is filled', async () => {
    await deps.events.append('job-1', 1, 1, [note('a')]);
    await deps.events.append('job-1', 1, 3, [note('c')]);
    const first = await readEvents(deps, everyone, 'job-1', {});
    expect(first.items.map(({ seq }) => seq)).toEqual([1]);
    await deps.events.append('job-1', 1, 2, [note('b')]);
    const second = await readEvents(deps, everyone, 'job-1', { after: first.cursor });
    expect(second.items.map(({ seq }) => seq)).toEqual([2, 3]);
  });

  it('go on with the next attempt only from its first', async () => {
    await deps.events.append('job-1', 2, 2, [note('late')]);
    expect((await readEvents(deps, everyone, 'job-1', {})).items).toEqual([]);
  });

  it('refuse the cursor of another job', async () => {
    await deps.store.create(makeRow({ id: 'job-2' }));
    const { cursor } = await readEvents(deps, everyone, 'job-2', {});
    await expect(readEvents(deps, everyone, 'job-1', { after: cursor })).rejects.toMatchObject({
      code: 'invalid_cursor',
    });
  });
});
