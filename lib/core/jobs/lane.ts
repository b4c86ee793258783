import type { JobInput } from '#contracts/job-input.ts';
import { type AgentPayload, toolsWithoutSandbox } from '#contracts/job-request.ts';
import type { Lane } from '#contracts/lanes.ts';
import type { ReviewPayload } from '#contracts/review.ts';

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
    case 'meeting':
      return 'function';
    case 'agent':
    case 'action':
      return needsSandbox(input.payload) ? 'fargate' : 'function';
    case 'review':
      return needsSandboxToReview(input.payload) ? 'fargate' : 'function';
    default:
      return input satisfies never;
  }
}

function needsSandbox({ tools, commandTools, workspace }: AgentPayload): boolean {
  if (commandTools.length > 0 || workspace !== undefined) return true;
  return tools.some((name) => !toolsWithoutSandbox.includes(name));
}

/** Checks are programs. */
function needsSandboxToReview(payload: ReviewPayload): boolean {
  return needsSandbox(payload.agent) || (payload.subject === 'action' && payload.checks.length > 0);
}
