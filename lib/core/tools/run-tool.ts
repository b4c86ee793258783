import { AppError, type ErrorCode, type FieldFault } from '#contracts/errors.ts';
import { toolLimits } from '#contracts/tools.ts';
import { cutText } from './output-text.ts';
import { fail, type Tool, type ToolDeps, type ToolOutcome } from './tool.ts';

export interface ToolCall {
  name: string;
  /** As the model wrote it. */
  input: unknown;
}

/** What lies in the call and not in the tool: the model can do better next time. */
const refusals: readonly ErrorCode[] = [
  'invalid_request',
  'not_found',
  'forbidden',
  'payload_too_large',
  'busy',
];

/**
 * Runs one call of a model and answers it, whatever the model wrote.
 *
 * Throws only what is not the model's business: the signal's reason when `signal` aborts, and faults of the
 * worker itself (an `AppError` with the code `internal`, or any other error).
 */
export async function runTool(
  call: ToolCall,
  tools: readonly Tool[],
  deps: ToolDeps,
  signal: AbortSignal,
): Promise<ToolOutcome> {
  signal.throwIfAborted();
  const tool = tools.find(({ definition }) => definition.name === call.name);
  if (!tool) return fail('unknown_tool', unknownTool(call.name, tools));
  const prepared = tool.prepare(call.input);
  if ('faults' in prepared) return fail('invalid_input', invalidInput(call.name, prepared.faults));
  const outcome = await prepared.run(deps, signal).catch((error) => toOutcome(error, signal));
  const limit = deps.outputCharacters ?? toolLimits.outputCharacters;
  return { ...outcome, content: cutText(outcome.content, limit + slack) };
}

/** Tools keep to the limit themselves where they know best what to cut; this is for the line that says so. */
const slack = 1_000;

function toOutcome(error: unknown, signal: AbortSignal): ToolOutcome {
  signal.throwIfAborted();
  if (!(error instanceof AppError) || error.code === 'internal') throw error;
  const text = [error.message, error.remedy].filter((part) => part !== undefined).join(' ');
  return fail(refusals.includes(error.code) ? 'refused' : 'failed', text);
}

function unknownTool(name: string, tools: readonly Tool[]): string {
  const known = tools.map(({ definition }) => definition.name).join(', ');
  return `There is no tool ${JSON.stringify(name.slice(0, 100))}. The tools are: ${known}.`;
}

function invalidInput(name: string, faults: readonly FieldFault[]): string {
  const lines = faults.slice(0, 20).map(({ path, message }) => `- ${path || 'input'}: ${message}`);
  return `The input of ${name} is not valid, so nothing was run:\n${lines.join('\n')}`;
}
