import { documentWith } from '../fakes/a-team.ts';
import type { Rng } from './rng.ts';
import type { RunScenario } from './run-scenario.ts';

const hourMs = 3_600_000;

/** What a day costs is not what is looked at here. */
export const ampleMoney = { jobBudgetMicroUsd: 1_000_000, projectMonthMicroUsd: 1_000_000_000_000 };

/** A meeting every half an hour, between ten minutes and two hours, for a day in which things go wrong for hours. */
export function makeRhythmScenario(chance: Rng): RunScenario {
  return {
    jobs: [],
    halt: undefined,
    healAfterMs: chance.int(1, 14) * hourMs,
    team: documentWith({
      '/agents/1/model': 'claude-sonnet-5-5',
      '/agents/1/fallback': [],
      '/agents/1/tools': chance.chance(0.5) ? ['bash'] : [],
      '/agents/1/timeoutSeconds': 300,
      '/tools': [],
      '/protected': {},
      '/planning/actions': { min: 0, max: 20 },
      '/approvals': {},
      '/cadence': {
        everySeconds: 1_800,
        windowSeconds: chance.pick([300, 300, 60, 1_800]),
        adapt: { fromSeconds: 600, toSeconds: 7_200 },
      },
    }),
    body: {
      team: 'small',
      objective: 'Keep the basket right.',
      project: 'alpha',
      budgetUsd: 1_000,
      maxCycles: 10_000,
    },
    doubles: chance.int(0, 1),
    stopAfterMs: 24 * hourMs,
    yesShare: 1,
    cancelAfterMs: undefined,
    isUnattended: true,
  };
}
