import { type AgentPayload, type JobInput, toolsWithoutSandbox } from '#contracts/job-request.ts';
import type { Lane } from '#contracts/lanes.ts';

/**
 * The lane follows from what a job may do: what touches files or starts programs needs a container with its
 * sandbox; all else starts at once in a function. A deployment can send everything to Fargate.
 */
export function laneOf(input: JobInput, forceFargate: boolean): Lane {
  if (forceFargate) return 'fargate';
  switch (input.type) {
    // How one finds out whether containers start.
    case 'echo':
      return 'fargate';
    case 'chat':
    case 'code':
    case 'research':
      return 'function';
    case 'agent':
      return needsSandbox(input.payload) ? 'fargate' : 'function';
    default:
      return input satisfies never;
  }
}

function needsSandbox({ tools, commandTools, workspace }: AgentPayload): boolean {
  if (commandTools.length > 0 || workspace !== undefined) return true;
  return tools.some((name) => !toolsWithoutSandbox.includes(name));
}
