import type { TeamDocument } from '#contracts/team.ts';
import { documentWith } from '../fakes/a-team.ts';
import type { Rng } from './rng.ts';
import type { Scenario } from './scenario.ts';

/** A run, and what people do about it. */
export interface RunScenario extends Scenario {
  team: TeamDocument;
  body: Record<string, unknown>;
  /** How many more clients send the same request. */
  doubles: number;
  stopAfterMs: number | undefined;
  /** Of the gates that somebody looks at: how many are approved. */
  yesShare: number;
  cancelAfterMs: number | undefined;
  /** Nobody is there to decide anything. */
  isUnattended?: boolean;
  /** Whether, and when, the alarm that a cycle may wait for is over. */
  alarmOverAfterMs?: number | undefined;
}

export function makeRunScenario(chance: Rng): RunScenario {
  const body = {
    team: 'small',
    objective: 'Mend the sum of the basket.',
    project: chance.pick(['alpha', 'beta']),
    budgetUsd: chance.pick([10, 10, 10, 0.2]),
    maxCycles: chance.int(1, 3),
  };
  const scenario: RunScenario = {
    jobs: [],
    halt: undefined,
    healAfterMs: chance.int(600, 1_800) * 1000,
    team: makeTeam(chance),
    body,
    doubles: chance.chance(0.3) ? chance.int(1, 2) : 0,
    stopAfterMs: chance.chance(0.35) ? chance.int(0, 1_500) * 1000 : undefined,
    yesShare: chance.pick([0.95, 0.95, 0.6]),
    cancelAfterMs: chance.chance(0.1) ? chance.int(30, 900) * 1000 : undefined,
  };
  if (!chance.chance(0.5)) return scenario;
  const recovery = { alarm: 'QueueStuck', withinMinutes: chance.pick([5, 20]), steadyMinutes: 2 };
  const alarmOverAfterMs = chance.pick([0, 900_000, undefined, undefined]);
  return { ...scenario, body: { ...body, recovery }, alarmOverAfterMs };
}

/** People who write code in sandboxes, or only think: the second kind works in functions. */
function makeTeam(chance: Rng): TeamDocument {
  const hasCadence = chance.chance(0.35);
  return documentWith({
    '/agents/1/model': 'claude-sonnet-5-5',
    '/agents/1/fallback': [],
    '/agents/1/tools': chance.chance(0.5) ? ['bash'] : [],
    '/agents/1/timeoutSeconds': 300,
    '/tools': [],
    '/protected': {},
    '/execution/revisions': chance.int(0, 2),
    '/execution/concurrency': chance.int(1, 3),
    '/approvals': {
      plan: chance.chance(0.4),
      release: chance.chance(0.4),
      kinds: chance.chance(0.6) ? ['outage'] : [],
      expiresHours: chance.pick([0.05, 0.2, 0.5]),
    },
    ...(hasCadence
      ? { '/cadence': { everySeconds: chance.int(60, 1_200), windowSeconds: chance.int(60, 600) } }
      : {}),
  });
}
