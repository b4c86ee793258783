import { toolInputs, toolLimits } from '#contracts/tools.ts';
import type { FileEntry } from '../ports/sandbox.ts';
import { matchPath } from './match-path.ts';
import { count } from './output-text.ts';
import { requirePart } from './require-part.ts';
import { makeTool, succeed } from './tool.ts';

/** Thousands of files that nobody wrote by hand. */
const closed = ['.git', 'node_modules', '.venv', '__pycache__'];
/** How many entries are looked at for a pattern. */
const searched = 50_000;

export const listFiles = makeTool(
  {
    name: 'list_files',
    description:
      'Lists files and folders of the workspace. A pattern without a slash is held against names alone (`*.ts`), ' +
      `and searches all levels unless depth is given. What is in ${closed.join(', ')} is not listed unless path ` +
      'leads there.',
    idempotent: true,
    needs: 'sandbox',
  },
  toolInputs.list_files,
  async ({ path, depth, pattern }, deps, signal) => {
    const levels = depth ?? (pattern === undefined ? toolLimits.listDepthDefault : toolLimits.listDepthMax);
    const limit = pattern === undefined ? toolLimits.listEntries : searched;
    const request = { path, depth: levels, limit, closed };
    const { entries, more } = await requirePart(deps, 'sandbox').listFiles(request, signal);
    const found = pattern === undefined ? entries : entries.filter((entry) => matchPath(pattern, entry.path));
    return succeed(render(found, more));
  },
);

function render(found: readonly FileEntry[], more: boolean): string {
  const shown = found.slice(0, toolLimits.listEntries).map(describe);
  const rest = found.length - shown.length;
  if (rest > 0) shown.push(`[${count(rest)} more]`);
  if (more) shown.push('[there is more: name a folder, or fewer levels]');
  return shown.length > 0 ? shown.join('\n') : '[nothing]';
}

function describe({ path, kind, bytes, target, executable }: FileEntry): string {
  if (kind === 'folder') return `${path}/`;
  if (kind === 'symlink') return `${path} -> ${target ?? ''}`;
  if (kind === 'other') return `${path} (not a regular file)`;
  return `${path} (${count(bytes)} bytes${executable ? ', executable' : ''})`;
}
