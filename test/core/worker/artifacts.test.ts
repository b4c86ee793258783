import { beforeEach, expect, test } from '@jest/globals';
import { artifactsRequest } from '#contracts/worker-protocol.ts';
import { listJobFiles } from '#core/jobs/read-jobs.ts';
import { findArtifacts } from '#core/worker/artifacts.ts';
import { finishAttempt } from '#core/worker/finish-attempt.ts';
import {
  callerOf,
  everyone,
  putResult,
  type StartedWorker,
  startNext,
  submit,
} from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';

let deps: MemoryDeps;
let worker: StartedWorker;
beforeEach(async () => {
  deps = makeMemoryDeps({ settings: { maxConcurrentFunctions: 4 } });
  await submit(deps);
  worker = await startNext(deps);
});

const place = (attempt: number, path: string, { id }: { id: string } = worker, project = 'default') =>
  `projects/${project}/jobs/${id}/attempts/${attempt}/artifacts/${path}`;

function find(want: { job?: string; path?: string } = {}, scopeOf?: (row: { id: string }) => string) {
  return findArtifacts(deps, { ...worker.session, ...want }, scopeOf);
}

/** The job is taken from its worker and given to another attempt. */
async function nextAttempt(): Promise<void> {
  await finishAttempt(deps, { ...worker.session, outcome: { kind: 'interrupted', reason: 'Spot' } });
  worker = await startNext(deps, '22'.repeat(32));
}

test('an artifact of an earlier attempt is found, and a later one of the same path wins', async () => {
  await deps.objects.put(place(1, 'plan.md'), 'old');
  await deps.objects.put(place(1, 'kept.md'), 'kept');
  await nextAttempt();
  await deps.objects.put(place(2, 'plan.md'), 'newer');
  expect(await find()).toEqual({ kind: 'list', paths: ['kept.md', 'plan.md'] });
  expect(await find({ path: 'plan.md' })).toEqual({
    kind: 'file',
    url: expect.stringContaining(place(2, 'plan.md')),
    bytes: 5,
  });
  expect(await find({ path: 'kept.md' })).toMatchObject({
    url: expect.stringContaining(place(1, 'kept.md')),
  });
  expect(await find({ path: 'none.md' })).toEqual({ kind: 'none' });
});

test('another job is read where it has the same scope, and does not exist where it has not [D4]', async () => {
  const other = await submit(deps);
  await startNext(deps);
  await deps.objects.put(place(1, 'plan.md', other), 'theirs');
  const want = { job: other.id, path: 'plan.md' };
  expect(await find(want, () => 'run-1')).toMatchObject({ kind: 'file', bytes: 6 });
  await expect(find(want)).rejects.toMatchObject({ code: 'not_found' });
  await expect(find({ job: 'no-such-job' }, () => 'run-1')).rejects.toMatchObject({ code: 'not_found' });
});

test('a job of another project does not exist, whatever its scope says [D4]', async () => {
  const other = await submit(deps, { type: 'echo', payload: { message: 'hi' }, project: 'other' });
  await startNext(deps);
  await deps.objects.put(place(1, 'plan.md', other, 'other'), 'theirs');
  await expect(find({ job: other.id }, () => 'run-1')).rejects.toMatchObject({ code: 'not_found' });
});

test('an artifact that is too large to be fetched is refused', async () => {
  await deps.objects.put(place(1, 'huge'), '');
  const head = deps.objects.head.bind(deps.objects);
  deps.objects.head = async (key) => ({ ...(await head(key)), bytes: 104_857_601, sha256: undefined });
  await expect(find({ path: 'huge' })).rejects.toMatchObject({ code: 'payload_too_large' });
});

test.each(['../../2/artifacts/x', 'a/../b', '/etc/passwd', '', 'x'.repeat(201), 'a b', 'ä'])(
  'the path %j is no request',
  (path) => {
    expect(artifactsRequest.safeParse({ ...worker.session, path }).success).toBe(false);
  },
);

test('the files of a job are its result and what all of its attempts have put', async () => {
  await deps.objects.put(place(1, 'plan.md'), 'old');
  await deps.objects.put(place(1, 'kept.md'), 'kept');
  await nextAttempt();
  await deps.objects.put(place(2, 'plan.md'), 'newer');
  const ending = await putResult(deps, worker);
  await finishAttempt(deps, ending);
  const files = await listJobFiles(deps, everyone, worker.id);
  expect(files.map(({ path, bytes }) => [path, bytes])).toEqual([
    ['artifacts/kept.md', 4],
    ['artifacts/plan.md', 5],
    ['result.json', 16],
  ]);
  expect(files.at(-1)).toMatchObject({ sha256: ending.outcome.result.sha256 });
  await expect(listJobFiles(deps, callerOf('other'), worker.id)).rejects.toMatchObject({ code: 'not_found' });
});
