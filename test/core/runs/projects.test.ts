import { beforeEach, expect, test } from '@jest/globals';
import { listProjects, putProject, readProject } from '#core/runs/projects.ts';
import { callerOf, everyone } from '../../fakes/job-steps.ts';
import { type MemoryRunDeps, makeMemoryRunDeps } from '../../fakes/memory-run-deps.ts';

let deps: MemoryRunDeps;
beforeEach(() => {
  deps = makeMemoryRunDeps();
});

test('people change what a project remembers, and every version stays [C7]', async () => {
  const empty = await readProject(deps, everyone, 'shop');
  expect(empty).toMatchObject({ name: 'shop', memory: '' });
  const first = await putProject(deps, everyone, 'shop', { memory: 'one', memorySha256: empty.memorySha256 });
  await putProject(deps, everyone, 'shop', { memory: 'two', memorySha256: first.memorySha256 });
  expect((await readProject(deps, everyone, 'shop')).memory).toBe('two');
  const kept = [...deps.objects.stored].filter(([key]) => key.startsWith('projects/shop/memory/'));
  expect(kept.map(([, { body }]) => String(body)).sort()).toEqual(['one', 'two']);
  expect(await listProjects(deps, everyone)).toEqual([{ name: 'shop' }]);
});

test('who has read an older version is refused, and nothing is written', async () => {
  const { memorySha256 } = await readProject(deps, everyone, 'shop');
  await putProject(deps, everyone, 'shop', { memory: 'hers', memorySha256 });
  await expect(putProject(deps, everyone, 'shop', { memory: 'his', memorySha256 })).rejects.toMatchObject({
    code: 'digest_mismatch',
    remedy: 'read it again, and make your change there',
  });
  expect((await readProject(deps, everyone, 'shop')).memory).toBe('hers');
});

test('a project of others is not there, and neither is one whose name cannot be', async () => {
  for (const name of ['shop', '../etc'])
    await expect(readProject(deps, callerOf('own'), name)).rejects.toMatchObject({ code: 'not_found' });
  await expect(
    putProject(deps, everyone, 'shop', { memory: 'x'.repeat(40_001), memorySha256: 'a'.repeat(64) }),
  ).rejects.toMatchObject({ code: 'payload_too_large' });
});
