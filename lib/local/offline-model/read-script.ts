import { readFile } from 'node:fs/promises';
import { parseScript, type Script } from './script.ts';

/** The scripts that come with Muster. */
export const chatScript = new URL('../../../prompts/offline/chat.json', import.meta.url);

/** @throws Error that names the file, with the faults as its cause */
export async function readScript(file: URL | string): Promise<Script> {
  try {
    return parseScript(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new Error(`The script of the offline model cannot be used: ${file}`, { cause });
  }
}
