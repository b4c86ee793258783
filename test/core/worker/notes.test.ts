import { beforeEach, expect, test } from '@jest/globals';
import { limits } from '#contracts/limits.ts';
import { type NotesRequest, notesRequest } from '#contracts/worker-protocol.ts';
import { useNotes } from '#core/worker/notes.ts';
import { startMs } from '../../fakes/job-rows.ts';
import { type StartedWorker, startNext, submit } from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';

let deps: MemoryDeps;
let worker: StartedWorker;
beforeEach(async () => {
  deps = makeMemoryDeps({ settings: { maxConcurrentFunctions: 4 } });
  await submit(deps);
  worker = await startNext(deps);
});

const use = (want: NotesRequest['want'], by = worker) => useNotes(deps, { ...by.session, want });
const put = (key: string, text: string, expectedVersion: number) =>
  use({ kind: 'put', key, text, expectedVersion });

test('a note that was written is read back and listed', async () => {
  expect(await put('plan', 'Begin.', 0)).toEqual({ kind: 'written', version: 1 });
  expect(await use({ kind: 'get', key: 'plan' })).toEqual({
    kind: 'note',
    note: { text: 'Begin.', version: 1 },
  });
  expect(await use({ kind: 'list' })).toEqual({
    kind: 'list',
    notes: [{ key: 'plan', version: 1, characters: 6 }],
  });
  expect(await use({ kind: 'get', key: 'other' })).toEqual({ kind: 'note' });
});

test('a write over a version that is not the present one is answered with what is there', async () => {
  await put('plan', 'Begin.', 0);
  expect(await put('plan', 'Mine.', 0)).toEqual({
    kind: 'conflict',
    current: { text: 'Begin.', version: 1 },
  });
  expect(await put('nothing', 'Mine.', 3)).toEqual({ kind: 'conflict' });
});

test('the same write again changes nothing and is answered as the first', async () => {
  await put('plan', 'Begin.', 0);
  expect(await put('plan', 'Begin.', 0)).toEqual({ kind: 'written', version: 1 });
  await put('plan', 'Go on.', 1);
  expect(await put('plan', 'Begin.', 0)).toMatchObject({ kind: 'conflict', current: { version: 2 } });
});

test('notes go with the rows: each write gives them another 90 days', async () => {
  await put('plan', 'Begin.', 0);
  deps.clock.advanceSeconds(86_400);
  await use({ kind: 'get', key: 'plan' });
  const expiry = () => deps.notes.places.get(`default#${worker.id}`)?.get('plan')?.expiresAtMs;
  expect(expiry()).toBe(startMs + 90 * 86_400_000);
});

test('there is an end to their number, which a note that is there already does not meet', async () => {
  for (let n = 0; n < limits.notes; n++) await put(`n${n}`, 'x', 0);
  await expect(put('more', 'x', 0)).rejects.toMatchObject({ code: 'payload_too_large' });
  expect(await put('n0', 'y', 0)).toMatchObject({ kind: 'conflict' });
  expect(await put('n0', 'y', 1)).toEqual({ kind: 'written', version: 2 });
});

test.each([
  ['a key that leads elsewhere', { key: '../x', text: 'x', expectedVersion: 0 }],
  ['a text that is too long', { key: 'x', text: 'x'.repeat(16_385), expectedVersion: 0 }],
  ['a version below 0', { key: 'x', text: 'x', expectedVersion: -1 }],
])('%s is no request', (_what, want) => {
  expect(notesRequest.safeParse({ ...worker.session, want: { kind: 'put', ...want } }).success).toBe(false);
});

test('another job, another session and an attempt that has lost its job see and write nothing [D4]', async () => {
  await put('plan', 'Ours.', 0);
  await submit(deps);
  const other = await startNext(deps);
  expect(await use({ kind: 'list' }, other)).toEqual({ kind: 'list', notes: [] });
  const stolen = { ...worker, session: { ...worker.session, session: other.session.session } };
  await expect(use({ kind: 'list' }, stolen)).rejects.toMatchObject({ code: 'forbidden' });
  const stale = { ...worker, session: { ...worker.session, attempt: 2 } };
  await expect(use({ kind: 'list' }, stale)).rejects.toMatchObject({ code: 'stale_attempt' });
});
