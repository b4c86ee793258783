import { AppError } from '#contracts/errors.ts';
import type { PlannedAction } from '#contracts/plan.ts';
import { type Priority, priorities, priorityRank } from '#contracts/priorities.ts';
import { findCycles } from './find-cycles.ts';

export type Plannable = Pick<PlannedAction, 'id' | 'priority' | 'dependsOn'>;

/** Actions that are independent of each other, by id. */
export interface Wave {
  /** Of all of them, their own or what they have from those that depend on them. */
  priority: Priority;
  actions: number[];
}

/**
 * A plan in the order in which it is carried out, one wave after the other: high before medium before low, and
 * inside of that dependencies first. What something depends on has at least its priority.
 *
 * @throws AppError `plan_invalid` for dependencies that go in a circle
 */
export function makeWaves(actions: readonly Plannable[]): Wave[] {
  const [cycle] = findCycles(actions);
  if (cycle)
    throw new AppError('plan_invalid', `Dependencies go in a circle: ${cycle.join(' → ')}`, {
      remedy: 'Take one of them out of the plan',
    });
  const inherited = inheritPriorities(actions);
  return priorities.flatMap((priority) => {
    const same = actions.filter(({ id }) => inherited.get(id) === priority);
    return toLevels(same).map((ids) => ({ priority, actions: ids }));
  });
}

/** The highest priority of an action and of all that depends on it, directly or not. */
function inheritPriorities(actions: readonly Plannable[]): Map<number, Priority> {
  const byId = new Map(actions.map((action) => [action.id, action]));
  const inherited = new Map<number, Priority>();
  const raise = (id: number, to: Priority): void => {
    const now = inherited.get(id);
    if (now !== undefined && priorityRank(now) <= priorityRank(to)) return;
    inherited.set(id, to);
    for (const parent of byId.get(id)?.dependsOn ?? []) raise(parent, to);
  };
  for (const { id, priority } of actions) raise(id, priority);
  return inherited;
}

/** By the longest way to an action within these. What they depend on and is not among them comes before all. */
function toLevels(actions: readonly Plannable[]): number[][] {
  const byId = new Map(actions.map((action) => [action.id, action]));
  const levels = new Map<number, number>();
  const levelOf = ({ id, dependsOn }: Plannable): number => {
    const parents = dependsOn.filter((parent) => parent !== id).flatMap((parent) => byId.get(parent) ?? []);
    const level = levels.get(id) ?? 1 + Math.max(-1, ...parents.map(levelOf));
    levels.set(id, level);
    return level;
  };
  const waves: number[][] = [];
  for (const action of [...actions].sort((a, b) => a.id - b.id)) {
    const level = levelOf(action);
    waves[level] = [...(waves[level] ?? []), action.id];
  }
  return waves;
}
