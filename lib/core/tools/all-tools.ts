import type { CommandTool, ToolName } from '#contracts/tools.ts';
import { artifactGet, artifactPut } from './artifact-tools.ts';
import { bash } from './bash.ts';
import { makeCommandTool } from './command-tool.ts';
import { editFile, readFile, writeFile } from './file-tools.ts';
import { httpGet } from './http-get.ts';
import { listFiles } from './list-files.ts';
import { notesGet, notesPut } from './notes-tools.ts';
import { submitResult } from './submit-result.ts';
import type { Tool } from './tool.ts';

const own = {
  bash,
  read_file: readFile,
  write_file: writeFile,
  edit_file: editFile,
  list_files: listFiles,
  http_get: httpGet,
  artifact_put: artifactPut,
  artifact_get: artifactGet,
  notes_get: notesGet,
  notes_put: notesPut,
  submit_result: submitResult,
} as const satisfies Record<ToolName, Tool>;

/**
 * The tools of an agent, sorted by name: the same choice gives the same list, which the provider's cache needs.
 * One of them ends its work.
 */
export function chooseTools(
  names: readonly ToolName[],
  commands: readonly CommandTool[] = [],
  terminal: Tool = submitResult,
): Tool[] {
  const chosen = new Set(names.filter((name) => name !== 'submit_result'));
  const tools: Tool[] = [...chosen].map((name) => own[name]);
  tools.push(...commands.map(makeCommandTool), terminal);
  return tools.sort((a, b) => (a.definition.name < b.definition.name ? -1 : 1));
}
