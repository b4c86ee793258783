import { beforeEach, expect, test } from '@jest/globals';
import { agentBody, keys } from '../../fakes/agent-attempt.ts';
import { makeWorkerCloud, sha256, ticket, type WorkerCloud } from '../../fakes/worker-cloud.ts';

const signal = new AbortController().signal;
let cloud: WorkerCloud;
let id: string;
let session: { jobId: string; attempt: number; session: string };

async function startNext() {
  const attempt = await cloud.assign(id);
  const request = { protocolVersion: 2 as const, jobId: id, attempt, ticket, instance: sha256(`${attempt}`) };
  const started = await cloud.control.start(request, signal);
  session = { jobId: id, attempt, session: started.session };
  return started;
}

beforeEach(async () => {
  cloud = makeWorkerCloud({ keys });
  id = (await cloud.submit(agentBody())).id;
  await startNext();
});

const workspaceOf = (number: number, text: string) => ({ number, sha256: sha256(text), bytes: text.length });

async function store(number: number, text: string) {
  const workspace = workspaceOf(number, text);
  const name = `workspace/${number}-${workspace.sha256}.tar.zst`;
  const file = { name, sha256: workspace.sha256, bytes: workspace.bytes };
  const { files } = await cloud.control.uploads({ ...session, files: [file] }, signal);
  if (files[0]) await cloud.objects.put(files[0], Buffer.from(text), signal);
  return workspace;
}

async function save(number: number, text: string) {
  const workspace = await store(number, text);
  await cloud.control.turn({ ...session, workspace }, signal);
}

const keyOf = (attempt: number, number: number, text: string) =>
  `workspaces/default/${id}/${attempt}/${number}-${sha256(text)}.tar.zst`;
const stored = () =>
  [...cloud.deps.objects.stored.keys()].filter((key) => key.startsWith('workspaces/')).sort();
const named = async () => (await cloud.row(id)).checkpoint?.workspace?.key;

test('a workspace is recorded only where it is stored, and handed to the next attempt', async () => {
  const workspace = workspaceOf(1, 'archive');
  await expect(cloud.control.turn({ ...session, workspace }, signal)).rejects.toMatchObject({
    code: 'result_mismatch',
  });
  await save(1, 'archive');
  expect(await named()).toBe(keyOf(1, 1, 'archive'));
  const second = await startNext();
  expect(second.checkpoint?.workspace).toMatchObject({ sha256: workspace.sha256 });
});

test('a newer workspace takes the place of the older one, which is deleted', async () => {
  await save(1, 'one');
  await save(2, 'two');
  expect(await named()).toBe(keyOf(1, 2, 'two'));
  expect(stored()).toEqual([keyOf(1, 2, 'two')]);
});

test('the workspace of the attempt before stays until this attempt has recorded its own', async () => {
  await save(1, 'one');
  await startNext();
  await store(1, 'two');
  expect(stored()).toEqual([keyOf(1, 1, 'one'), keyOf(2, 1, 'two')]);
  await cloud.control.turn({ ...session, workspace: workspaceOf(1, 'two') }, signal);
  expect(stored()).toEqual([keyOf(2, 1, 'two')]);
});

test('a delete that is carried out late does not meet a workspace of the same content', async () => {
  await save(1, 'one');
  const { objects } = cloud.deps;
  const remove = objects.remove.bind(objects);
  const late: string[] = [];
  objects.remove = async (key) => void late.push(key);
  await save(2, 'two');
  await save(3, 'one');
  for (const key of late) await remove(key);
  expect(late).toEqual([keyOf(1, 1, 'one'), keyOf(1, 2, 'two')]);
  expect(stored()).toEqual([keyOf(1, 3, 'one')]);
  expect(await named()).toBe(keyOf(1, 3, 'one'));
});

test('a call that comes again late brings no older workspace back, and deletes nothing', async () => {
  await save(1, 'one');
  await store(2, 'two');
  await save(3, 'three');
  await cloud.control.turn({ ...session, workspace: workspaceOf(2, 'two') }, signal);
  expect(await named()).toBe(keyOf(1, 3, 'three'));
  expect(stored()).toEqual([keyOf(1, 2, 'two'), keyOf(1, 3, 'three')]);
});

test('a worker that has lost its job deletes nothing', async () => {
  await save(1, 'one');
  const zombie = session;
  await startNext();
  await expect(
    cloud.control.turn({ ...zombie, workspace: workspaceOf(2, 'two') }, signal),
  ).rejects.toMatchObject({ code: 'stale_attempt' });
  expect(stored()).toEqual([keyOf(1, 1, 'one')]);
});

test('a delete that fails is counted, and the turn is done all the same', async () => {
  await save(1, 'one');
  cloud.deps.objects.remove = async () => {
    throw new Error('SlowDown');
  };
  await save(2, 'two');
  expect(await named()).toBe(keyOf(1, 2, 'two'));
  expect(cloud.deps.metrics.counts.WorkspacesLeft).toBe(1);
});
