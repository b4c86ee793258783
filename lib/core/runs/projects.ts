import { type Caller, projectName } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import { type ProjectView, projectChange } from '#contracts/project.ts';
import { mayTouch } from '#core/access.ts';
import { parseWith } from '#core/jobs/parse-job-request.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { projectsOf } from '#core/usage/projects-of.ts';
import { readMemory, writeMemory } from './memory.ts';

type ProjectDeps = Deps<'objects' | 'digest' | 'projects'>;

export async function listProjects(deps: Deps<'projects'>, caller: Caller): Promise<{ name: string }[]> {
  return (await projectsOf(deps, caller)).map((name) => ({ name }));
}

/** A project needs no making: it is there as soon as somebody who may names it. */
export async function readProject(deps: ProjectDeps, caller: Caller, name: string): Promise<ProjectView> {
  requireOwn(caller, name);
  const memory = await readMemory(deps, name);
  return { name, memory, memorySha256: deps.digest.sha256(memory) };
}

/** @throws AppError `not_found`, `invalid_request`, `digest_mismatch` where somebody wrote it meanwhile */
export async function putProject(
  deps: ProjectDeps,
  caller: Caller,
  name: string,
  body: unknown,
): Promise<ProjectView> {
  requireOwn(caller, name);
  const { memory, memorySha256 } = parseWith(projectChange, body, 'the project');
  const before = deps.digest.sha256(await readMemory(deps, name));
  if (before !== memorySha256)
    throw new AppError(
      'digest_mismatch',
      `the memory of "${name}" is ${before} by now, not ${memorySha256}; nothing was written`,
      { remedy: 'read it again, and make your change there' },
    );
  await deps.projects.note(name);
  await writeMemory(deps, name, memory);
  return { name, memory, memorySha256: deps.digest.sha256(memory) };
}

function requireOwn(caller: Caller, name: string): void {
  if (projectName.safeParse(name).success && mayTouch(caller, name)) return;
  throw new AppError('not_found', `there is no project "${name.slice(0, 100)}" that you may use`);
}
