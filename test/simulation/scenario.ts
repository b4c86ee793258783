import { defaultTimings } from '#contracts/limits.ts';
import { type Priority, priorities } from '#contracts/priorities.ts';
import type { CoreSettings } from '#core/ports/core-deps.ts';
import type { Rng } from './rng.ts';

/** Shorter than a deployment's, so that a seed's day is over in less virtual time; the order of the numbers is kept. */
export function makeSettings(chance: Rng): CoreSettings {
  return {
    timings: {
      ...defaultTimings,
      leaseSeconds: 90,
      // Short enough that a chat sometimes takes two slices.
      functionSeconds: 120,
      startSeconds: 120,
      missingGraceSeconds: 75,
      retryCapSeconds: 60,
      blockedCheckSeconds: 120,
    },
    maxConcurrentWorkers: chance.int(1, 3),
    jobBudgetMicroUsd: chance.pick([1_000_000, 1_000_000, 60_000]),
    projectMonthMicroUsd: chance.pick([100_000_000, 100_000_000, 100_000_000, 160_000]),
    maxConcurrentFunctions: chance.int(1, 3),
    forceFargate: chance.chance(0.4),
    selfHosted: false,
    loopbackWebhooks: false,
  };
}

export interface JobSpec {
  name: string;
  body: Record<string, unknown>;
  key: string | undefined;
  submitAfterMs: number;
  parents: number[];
  /** How many more clients send the very same request at about the same time. */
  doubles: number;
  /** Another client uses the same key for something else. */
  hasRival: boolean;
  cancelAfterMs: number | undefined;
  isRetriedWhenEnded: boolean;
}

export interface Scenario {
  jobs: JobSpec[];
  /** Everything is stopped at this time and resumed after the second. */
  halt: { afterMs: number; forMs: number } | undefined;
  healAfterMs: number;
}

export const projects = ['alpha', 'beta'] as const;

/** @param agents where it is given, one or two of the jobs are agents */
export function makeScenario(chance: Rng, agents?: Rng): Scenario {
  const project = chance.pick(projects);
  const jobs: JobSpec[] = [];
  const count = chance.int(3, 5);
  for (let index = 0; index < count; index++) jobs.push(makeJob(chance, index, project));
  if (agents) for (const job of jobs.slice(0, agents.int(1, 2))) job.body = makeAgentBody(agents, job.body);
  const halt = chance.chance(0.12)
    ? { afterMs: chance.int(10, 240) * 1000, forMs: chance.int(30, 240) * 1000 }
    : undefined;
  return { jobs, halt, healAfterMs: chance.int(420, 600) * 1000 };
}

function makeJob(chance: Rng, index: number, project: string): JobSpec {
  const isChild = index > 0 && chance.chance(0.3);
  const parents = isChild ? [...new Set([chance.int(0, index - 1), chance.int(0, index - 1)])] : [];
  const isKeyed = chance.chance(0.9);
  return {
    name: `j${index + 1}`,
    body: makeBody(chance, index, project),
    key: isKeyed ? `key-${index + 1}` : undefined,
    submitAfterMs: chance.int(0, 150) * 1000,
    parents,
    doubles: isKeyed && chance.chance(0.25) ? chance.int(1, 2) : 0,
    hasRival: isKeyed && chance.chance(0.1),
    cancelAfterMs: chance.chance(0.18) ? chance.int(0, 200) * 1000 : undefined,
    isRetriedWhenEnded: chance.chance(0.1),
  };
}

function makeBody(chance: Rng, index: number, project: string): Record<string, unknown> {
  const isChat = chance.chance(0.5);
  const priority: Priority = chance.pick(priorities);
  return {
    ...(isChat
      ? { type: 'chat', payload: { prompt: `question ${index + 1}` } }
      : { type: 'echo', payload: { message: `message ${index + 1}` } }),
    project,
    priority,
    maxAttempts: chance.pick([1, 2, 3, 3]),
    timeoutSeconds: chance.pick([150, 300, 600]),
    deadlineSeconds: chance.pick([300, 1_800, 1_800, 2_400, 2_400]),
  };
}

function makeAgentBody(chance: Rng, body: JobSpec['body']): JobSpec['body'] {
  const tools = chance.chance(0.7) ? ['bash', 'list_files', 'write_file'] : ['http_get'];
  const payload = {
    prompt: 'Do it.',
    tools,
    maxTokens: chance.pick([300, 1_000]),
    maxTurns: chance.pick([5, 20, 20]),
    idleSeconds: chance.pick([60, 300]),
  };
  return {
    ...body,
    type: 'agent',
    payload,
    timeoutSeconds: chance.pick([300, 600, 1_200]),
    deadlineSeconds: chance.pick([1_800, 2_400]),
  };
}
