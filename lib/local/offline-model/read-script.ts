import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseScript, parseTaskScript, type Script, type TaskScript } from './script.ts';

const repository = new URL('../../../', import.meta.url);
/** What the offline model says where no script of a task speaks. */
export const chatScript = new URL('prompts/offline/chat.json', repository);
/** Scripts of tasks, by their paths; an example brings its own. */
const taskScriptPatterns = ['prompts/offline/tasks/*.json', 'examples/*/offline.json'];

export interface OfflineScripts {
  script: Script;
  taskScripts: TaskScript[];
}

/**
 * All scripts that come with Muster.
 *
 * @param root folder that holds `prompts/` and `examples/`
 * @throws Error that names the file, with the faults as its cause
 */
export async function readOfflineScripts(root: URL = repository): Promise<OfflineScripts> {
  const paths = globSync(taskScriptPatterns, { cwd: fileURLToPath(root) }).sort();
  const taskScripts = await Promise.all(paths.map((path) => readTaskScript(new URL(path, root))));
  const names = taskScripts.map(({ script }) => script);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`Two scripts of the offline model are named "${twice}"`);
  return { script: await readScript(chatScript), taskScripts };
}

/** @throws Error that names the file, with the faults as its cause */
export async function readScript(file: URL | string): Promise<Script> {
  return read(file, parseScript);
}

/** @throws Error that names the file, with the faults as its cause */
export async function readTaskScript(file: URL | string): Promise<TaskScript> {
  return read(file, parseTaskScript);
}

async function read<T>(file: URL | string, parse: (source: unknown) => T): Promise<T> {
  try {
    return parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new Error(`The script of the offline model cannot be used: ${file}`, { cause });
  }
}
