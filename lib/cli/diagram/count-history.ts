import { type AslState, isWaiting, type Machine } from './asl.ts';

/** How a cycle goes: what its machine's choices depend on. */
export interface CycleShape {
  /** Actions in each wave. */
  waves: readonly number[];
  /** How often each action is done again. */
  revisions: number;
  /** Whether a person has to agree to the plan and to the release. */
  approvals: boolean;
  /** Whether an alarm has to be over. Default: no. */
  recovery?: boolean;
}

export interface HistoryCount {
  /** States entered: each is a transition, and is paid for. */
  transitions: number;
  /** Of the execution's history, of which there may be 25,000. Source: Step Functions quotas. */
  events: number;
}

/**
 * Walks through the machine as a cycle of this shape does, without errors, and counts what Step Functions writes down.
 * Which events a state writes: HistoryEvent in the API reference of Step Functions.
 */
export function countHistory(machine: Machine, shape: CycleShape): HistoryCount {
  // ExecutionStarted and ExecutionSucceeded.
  return add({ transitions: 0, events: 2 }, walk(machine, shape, shape.waves));
}

function walk(machine: Machine, shape: CycleShape, sizes: readonly number[]): HistoryCount {
  let count: HistoryCount = { transitions: 0, events: 0 };
  let name: string | undefined = machine.StartAt;
  const visits = new Map<string, number>();
  while (name !== undefined) {
    const state: AslState | undefined = machine.States[name];
    if (!state) throw new Error(`the machine has no state ${name}`);
    visits.set(name, (visits.get(name) ?? 0) + 1);
    count = add(count, { transitions: 1, events: eventsOf(state) });
    if (state.ItemProcessor) count = add(count, each(state.ItemProcessor, shape, sizes));
    name = state.Type === 'Choice' ? choose(state, answerAt(name, visits.get(name) ?? 1, shape)) : state.Next;
  }
  return count;
}

/** Waves are items whose own items are actions; an action has none. */
function each(inner: Machine, shape: CycleShape, sizes: readonly number[]): HistoryCount {
  return sizes.reduce<HistoryCount>(
    (sum, size) => {
      // MapIterationStarted and MapIterationSucceeded.
      const item = walk(
        inner,
        shape,
        Array.from({ length: size }, () => 0),
      );
      return add(add(sum, { transitions: 0, events: 2 }), item);
    },
    { transitions: 0, events: 0 },
  );
}

const eventsByType: Readonly<Record<string, number>> = {
  // Entered, exited.
  Choice: 2,
  Succeed: 2,
  // Entered.
  Fail: 1,
  // Entered, started, succeeded, exited.
  Map: 4,
};

function eventsOf(state: AslState): number {
  // Entered, scheduled, started, succeeded, exited; and submitted, where it waits for its token.
  if (state.Type === 'Task') return isWaiting(state) ? 6 : 5;
  const events = eventsByType[state.Type];
  if (events === undefined) throw new Error(`what a ${state.Type} state writes is not known here`);
  return events;
}

function answerAt(name: string, visit: number, { revisions, approvals, recovery }: CycleShape): string {
  if (name === 'Revise?') return visit <= revisions ? 'execute' : 'done';
  if (name === 'GoOrNoGo') return approvals ? 'approve' : 'execute';
  if (name === 'PlanApproved?') return 'execute';
  if (name === 'Release?' && approvals) return 'approve';
  if (name === 'Release?' || name === 'Watch?') return recovery ? 'watch' : 'close';
  return 'Done';
}

function choose({ Choices = [], Default }: AslState, answer: string): string | undefined {
  return Choices.find(({ StringEquals }) => StringEquals === answer)?.Next ?? Default;
}

function add(a: HistoryCount, b: HistoryCount): HistoryCount {
  return { transitions: a.transitions + b.transitions, events: a.events + b.events };
}
