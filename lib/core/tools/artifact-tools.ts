import { plainName, toolInputs, toolLimits } from '#contracts/tools.ts';
import { count, cutText, describeBinary, toText } from './output-text.ts';
import { requirePart } from './require-part.ts';
import { fail, makeTool, succeed } from './tool.ts';

export const artifactPut = makeTool(
  {
    name: 'artifact_put',
    description:
      'Keeps a file of the workspace as an artifact: people and later agents can get it by its name. The same ' +
      'name again replaces it.',
    idempotent: true,
    needs: 'sandbox',
  },
  toolInputs.artifact_put,
  async ({ path, name = path.split('/').at(-1) ?? '' }, deps, signal) => {
    if (!plainName.safeParse(name).success)
      return fail('refused', `${JSON.stringify(name)} cannot be an artifact's name: give another as name.`);
    const artifacts = requirePart(deps, 'artifacts');
    const content = await requirePart(deps, 'sandbox').readFile(path, signal);
    if (content.length > toolLimits.artifactBytes)
      return fail(
        'refused',
        `${path} has ${count(content.length)} bytes; ${count(toolLimits.artifactBytes)} fit.`,
      );
    const artifact = await artifacts.put(name, content, signal);
    const text = `Kept ${artifact.name} (${count(artifact.bytes)} bytes, sha256 ${artifact.sha256}).`;
    return succeed(text, { artifact });
  },
);

export const artifactGet = makeTool(
  {
    name: 'artifact_get',
    description:
      'Gets an artifact of this job, or of another that it shares with: as text, or into the workspace.',
    idempotent: true,
    needs: 'none',
  },
  toolInputs.artifact_get,
  async ({ name, job, path }, deps, signal) => {
    const artifacts = requirePart(deps, 'artifacts');
    const content = await artifacts.get(name, job, signal);
    if (!content) {
      const names = await artifacts.list(job, signal);
      return fail('refused', `There is no artifact ${name}. ${namesOf(names)}`);
    }
    if (path === undefined) {
      const text = toText(content) ?? describeBinary(content, content.length);
      return succeed(cutText(text, deps.outputCharacters ?? toolLimits.outputCharacters));
    }
    await requirePart(deps, 'sandbox').writeFile(path, content, signal);
    return succeed(`Wrote ${name} to ${path} (${count(content.length)} bytes).`);
  },
);

function namesOf(names: readonly string[]): string {
  return names.length > 0 ? `There are: ${names.slice(0, 200).join(', ')}.` : 'There are none yet.';
}
