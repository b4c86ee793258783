import { toolInputs, toolLimits } from '#contracts/tools.ts';
import { count } from './output-text.ts';
import { programOutcome } from './program-outcome.ts';
import { requirePart } from './require-part.ts';
import { makeTool } from './tool.ts';

export const bash = makeTool(
  {
    name: 'bash',
    description:
      'Runs a command with bash in the workspace and answers what it wrote (standard output and error) and its ' +
      'exit code. Every call starts afresh in the workspace: no working directory, variable or process outlives ' +
      'it, so start a server and use it in the same call. There is no terminal and no standard input. Output ' +
      `beyond ${count(toolLimits.outputCharacters)} characters is cut in the middle.`,
    idempotent: false,
    needs: 'sandbox',
  },
  toolInputs.bash,
  async ({ command, timeoutSeconds = toolLimits.bashSecondsDefault }, deps, signal) => {
    const sandbox = requirePart(deps, 'sandbox');
    const run = await sandbox.run({ command, timeoutMs: timeoutSeconds * 1_000 }, signal);
    return programOutcome(run, timeoutSeconds);
  },
);
