import { limits } from '#contracts/limits.ts';
import { memoryKey, memoryVersionKey } from '#contracts/object-keys.ts';
import type { Deps } from '#core/ports/core-deps.ts';

/** What a project remembers; '' where it remembers nothing. */
export async function readMemory(deps: Deps<'objects'>, project: string): Promise<string> {
  return ((await deps.objects.get(memoryKey(project))) ?? '').slice(0, limits.memoryCharacters);
}

/** Every version that there ever was stays, by its content, so that nothing that somebody wrote is lost. */
export async function writeMemory(
  deps: Deps<'objects' | 'digest'>,
  project: string,
  memory: string,
): Promise<void> {
  const before = await readMemory(deps, project);
  if (before === memory) return;
  for (const text of [before, memory])
    if (text !== '')
      await deps.objects.putOnce(memoryVersionKey(project, deps.digest.sha256(text)), text, 'text/markdown');
  await deps.objects.put(memoryKey(project), memory, 'text/markdown');
}
