import { toolInputs, toolLimits } from '#contracts/tools.ts';
import { toUtf8 } from '../work/utf8.ts';
import { editText } from './edit-text.ts';
import { count, describeBinary, toText } from './output-text.ts';
import { readLines } from './read-lines.ts';
import { requirePart } from './require-part.ts';
import { fail, makeTool, succeed } from './tool.ts';

export const readFile = makeTool(
  {
    name: 'read_file',
    description:
      'Reads a text file of the workspace. A long file comes in parts: the last line says where to go on.',
    idempotent: true,
    needs: 'sandbox',
  },
  toolInputs.read_file,
  async ({ path, offset = 1, limit = toolLimits.readLinesDefault }, deps, signal) => {
    const bytes = await requirePart(deps, 'sandbox').readFile(path, signal);
    const text = toText(bytes);
    if (text === undefined) return succeed(describeBinary(bytes, bytes.length));
    return readLines(text, { offset, limit }, deps.outputCharacters ?? toolLimits.outputCharacters);
  },
);

export const writeFile = makeTool(
  {
    name: 'write_file',
    description:
      'Writes a text file of the workspace, and the folders above it. What was in the file is replaced.',
    idempotent: true,
    needs: 'sandbox',
  },
  toolInputs.write_file,
  async ({ path, content }, deps, signal) => {
    const bytes = toUtf8(content);
    const { created } = await requirePart(deps, 'sandbox').writeFile(path, bytes, signal);
    return succeed(`${created ? 'Created' : 'Replaced'} ${path} (${count(bytes.length)} bytes).`);
  },
);

export const editFile = makeTool(
  {
    name: 'edit_file',
    description:
      'Replaces a piece of text in a file of the workspace. The old text must be in the file exactly once, unless ' +
      'replaceAll is set: give enough of the lines around it.',
    idempotent: false,
    needs: 'sandbox',
  },
  toolInputs.edit_file,
  async ({ path, ...edit }, deps, signal) => {
    const sandbox = requirePart(deps, 'sandbox');
    const bytes = await sandbox.readFile(path, signal);
    const text = toExactText(bytes);
    if (text === undefined)
      return fail('refused', `${path} is not UTF-8 text, so it cannot be edited this way.`);
    const edited = editText(text, edit);
    if ('fault' in edited) return fail('refused', `${path} was not changed: ${edited.fault}`);
    await sandbox.writeFile(path, toUtf8(edited.text), signal);
    const times = edited.replaced === 1 ? 'one place' : `${count(edited.replaced)} places`;
    return succeed(`Changed ${times} in ${path}, from line ${count(edited.line)}.`);
  },
);

/** A byte that is no UTF-8 would not survive the way through a string. */
function toExactText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // The caller says so in the tool's answer.
    return undefined;
  }
}
