import { AppError } from '#contracts/errors.ts';
import type { PlannedCheck } from '#contracts/plan.ts';
import type { CheckResult, ReviewPayload } from '#contracts/review.ts';
import { makeCommandTool } from '../../tools/command-tool.ts';
import { cutText } from '../../tools/output-text.ts';
import { runTool } from '../../tools/run-tool.ts';
import type { Tool, ToolOutcome } from '../../tools/tool.ts';
import { describeOutcome } from '../describe-call.ts';
import { requireSandbox } from '../run-agent.ts';
import type { WorkContext } from '../work-outcome.ts';

export type ActionPayload = Extract<ReviewPayload, { subject: 'action' }>;
type Ran = Omit<CheckResult, keyof PlannedCheck>;

/** Of one check: ten of them fit the reviewer's first message and the result. */
const outputCharacters = 8_000;

/**
 * Refuses checks that could not be run or that nothing would be decided by, before anything is.
 *
 * @throws AppError `invalid_request`
 */
export function requireSoundChecks({ checks, criteria, agent }: ActionPayload): void {
  const tools = agent.commandTools.map(makeCommandTool);
  for (const { criterion, tool: name, args } of checks) {
    if (!criteria.includes(criterion)) throw unsound(name, `its criterion is none of these: "${criterion}"`);
    const tool = tools.find(({ definition }) => definition.name === name);
    if (!tool)
      throw unsound(name, `the tools are ${tools.map(({ definition }) => definition.name).join(', ')}`);
    const prepared = tool.prepare(args);
    if ('faults' in prepared)
      throw unsound(name, prepared.faults.map(({ path, message }) => `${path} ${message}`).join('; '));
  }
}

function unsound(tool: string, why: string): AppError {
  return new AppError('invalid_request', `The check ${tool} cannot be run: ${why}`, {
    remedy: "Correct the action's checks in the plan",
  });
}

/** One after another, each once, and each on a clean copy of the files in which nothing else has run. */
export async function runChecks(
  { checks, agent }: ActionPayload,
  files: Uint8Array | undefined,
  context: WorkContext,
): Promise<CheckResult[]> {
  const tools = agent.commandTools.map(makeCommandTool);
  const ran = new Map<string, Ran>();
  const results: CheckResult[] = [];
  for (const check of checks) {
    const key = JSON.stringify([check.tool, check.args]);
    const outcome = ran.get(key) ?? (await runCheck(check, `check-${ran.size + 1}`, tools, files, context));
    ran.set(key, outcome);
    results.push({ ...check, ...outcome });
  }
  return results;
}

async function runCheck(
  { tool, args }: PlannedCheck,
  id: string,
  tools: readonly Tool[],
  files: Uint8Array | undefined,
  context: WorkContext,
): Promise<Ran> {
  const { events, ports } = context;
  events.say({ type: 'tool_start', tool, id, summary: `check ${JSON.stringify(args)}`.slice(0, 500) });
  const begunAtMs = ports.time.nowMs();
  const outcome = await runClean(tool, args, tools, files, context);
  if (outcome.failure === 'invalid_input') throw unsound(tool, outcome.content);
  const milliseconds = Math.round(outcome.run?.milliseconds ?? ports.time.nowMs() - begunAtMs);
  const ok = !outcome.isError;
  events.say({ type: 'tool_end', tool, id, ok, milliseconds, summary: describeOutcome(outcome) });
  const { exitCode } = outcome.run ?? {};
  const output = cutText(outcome.content, outputCharacters);
  return { ok, ...(exitCode !== undefined && { exitCode }), output, milliseconds };
}

async function runClean(
  name: string,
  input: PlannedCheck['args'],
  tools: readonly Tool[],
  files: Uint8Array | undefined,
  context: WorkContext,
): Promise<ToolOutcome> {
  const sandbox = await requireSandbox(context);
  try {
    if (files) await sandbox.restore(files, context.signal);
    return await runTool({ name, input }, tools, { sandbox }, context.signal);
  } finally {
    await sandbox.close();
  }
}
