import * as z from 'zod';

/** Short, because job ids and execution names are made of it. */
export const runId = z.string().regex(/^run-[0-9a-f]{16}$/, 'must be a run id like run-0123456789abcdef');

export const runStatuses = ['RUNNING', 'WAITING', 'STOPPING', 'SUCCEEDED', 'FAILED', 'STOPPED'] as const;
export type RunStatus = (typeof runStatuses)[number];
export const terminalRunStatuses = ['SUCCEEDED', 'FAILED', 'STOPPED'] as const;

/** `WAITING` is how a running run is shown while a person has to decide; the row says RUNNING. */
export const runTransitions = {
  RUNNING: ['STOPPING', 'SUCCEEDED', 'FAILED', 'STOPPED'],
  STOPPING: ['STOPPED', 'FAILED', 'SUCCEEDED'],
  SUCCEEDED: [],
  FAILED: [],
  STOPPED: [],
} as const satisfies Record<Exclude<RunStatus, 'WAITING'>, readonly RunStatus[]>;

/** How a cycle ends: the end states of the state machine, each with its sentence. */
export const cycleEnds = {
  Done: { good: true, says: 'Every action was carried out and its criteria were met.' },
  NoGo: { good: true, says: 'The team decided not to go ahead; nothing was carried out.' },
  RejectedByPerson: { good: true, says: 'A person said no; nothing further was carried out.' },
  ActionsFailed: {
    good: false,
    says: 'Some actions failed, or could not be shown to have met their criteria.',
  },
  NotRecovered: {
    good: false,
    says: 'Every action was carried out, but the alarm was not over in the time given.',
  },
  MeetingDeadlocked: {
    good: false,
    says: 'The meeting could not agree; its summary says what would resolve it.',
  },
  MeetingFailed: { good: false, says: 'The meeting left no plan that could be carried out.' },
  OutOfBudget: { good: false, says: 'The budget was used up before the cycle was over.' },
  TimedOut: { good: false, says: 'A step was not over in its time.' },
  StoppedByPerson: { good: false, says: 'The run was stopped on request.' },
} as const;
export type CycleEnd = keyof typeof cycleEnds;
export const cycleEnd = z.enum(Object.keys(cycleEnds) as [CycleEnd, ...CycleEnd[]]);

export const actionStatuses = [
  'PENDING',
  'WAITING',
  'EXECUTING',
  'CHECKING',
  'DONE',
  'FAILED',
  'UNPROVEN',
  'SKIPPED',
  'CARRIED',
  'STOPPED',
] as const;
export type ActionStatus = (typeof actionStatuses)[number];
export const endedActionStatuses = ['DONE', 'FAILED', 'UNPROVEN', 'SKIPPED', 'CARRIED', 'STOPPED'] as const;
