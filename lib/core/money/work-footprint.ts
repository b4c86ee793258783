import type { Capacity } from '#contracts/capacity.ts';
import { type Compute, defaultCompute } from '#contracts/compute.ts';
import type { JobView } from '#contracts/job-view.ts';
import type { CycleView } from '#contracts/run-view.ts';
import type { Footprint } from './receipt.ts';

/** What is known of a job afterwards. */
export interface JobUse {
  readonly job: JobView;
  /** Each attempt that is written down; `echo` leaves none. */
  readonly attempts: readonly AttemptUse[];
  readonly modelCalls: number;
}

export interface AttemptUse {
  readonly seconds: number;
  readonly capacity?: Capacity | undefined;
}

/**
 * Calls that nobody counts on AWS. Those of DynamoDB, S3 and SQS of an attempt are what `npm run bench` counts for
 * an echo job (docs/aws-calls.md). All others are estimates from reading the code: nobody has counted a heartbeat,
 * a turn or a step of a cycle, nor the bytes that they log.
 */
export const assumedCalls = {
  attempt: {
    httpRequests: 5,
    functionCalls: 8,
    dynamoWrites: 8,
    dynamoReads: 10,
    sqsRequests: 6,
    s3Puts: 2,
    s3Gets: 2,
    secretReads: 0,
    logBytes: 3_000,
  },
  heartbeat: {
    httpRequests: 1,
    functionCalls: 1,
    dynamoWrites: 1,
    dynamoReads: 1,
    sqsRequests: 0,
    s3Puts: 0,
    s3Gets: 0,
    secretReads: 0,
    logBytes: 300,
  },
  /** One call `turn`, two batches of events, a transcript segment. */
  turn: {
    httpRequests: 3,
    functionCalls: 3,
    dynamoWrites: 6,
    dynamoReads: 4,
    sqsRequests: 0,
    s3Puts: 1,
    s3Gets: 0,
    secretReads: 0,
    logBytes: 2_000,
  },
  /** A task of the state machine: it reads and writes the cycle's row, and a file now and then. */
  step: {
    httpRequests: 0,
    functionCalls: 1,
    dynamoWrites: 2,
    dynamoReads: 3,
    sqsRequests: 0,
    s3Puts: 1,
    s3Gets: 1,
    secretReads: 0,
    logBytes: 1_000,
  },
} as const;

type Calls = { readonly [K in keyof typeof assumedCalls.attempt]: number };

const heartbeatSeconds = 30;
/** Memory of a worker that is a function. */
const workGiB = 0.5;
/**
 * States of a cycle that every one goes through, of an action besides its revisions, of a revision, and of a check that
 * had to be made again. docs/cycle.md has them counted; what people are asked is left out, two for each question.
 */
const transitions = { cycle: 11, wave: 1, action: 1, revision: 4, checkAgain: 3 } as const;
/** Those of them that are tasks. */
const tasks = { cycle: 7, revision: 3 } as const;

/** What jobs, and the cycles that made them, have used: times are measured, calls are reckoned. */
export function workFootprint(jobs: readonly JobUse[], cycles: readonly CycleView[] = []): Footprint {
  const attempts = jobs.flatMap(attemptsOf);
  const steps = cycles.reduce((sum, cycle) => sum + tasksOf(cycle), 0);
  const heartbeats = attempts.reduce((sum, { seconds }) => sum + Math.floor(seconds / heartbeatSeconds), 0);
  const calls = addUp([
    [assumedCalls.attempt, attempts.length],
    [assumedCalls.heartbeat, heartbeats],
    [assumedCalls.turn, jobs.reduce((sum, { modelCalls }) => sum + modelCalls, 0)],
    [assumedCalls.step, steps],
  ]);
  const inFunctions = attempts.filter(({ compute }) => compute === undefined);
  return {
    ...calls,
    workers: attempts.flatMap(({ compute, ...use }) => (compute ? [{ compute, ...use }] : [])),
    functionWorkGiBSeconds: inFunctions.reduce((sum, { seconds }) => sum + seconds, 0) * workGiB,
    stepTransitions: cycles.reduce((sum, cycle) => sum + transitionsOf(cycle), 0),
    modelUsd: jobs.reduce((sum, { job }) => sum + job.costUsd, 0),
  };
}

interface Attempt extends AttemptUse {
  /** Undefined for a worker that was a function. */
  compute: Compute | undefined;
}

/** An attempt that left no time, because it never came up, still bills what a worker bills at least. */
function attemptsOf({ job, attempts }: JobUse): Attempt[] {
  const compute = job.lane === 'fargate' ? (job.compute ?? defaultCompute) : undefined;
  const known = attempts.length > 0 ? attempts : ownTime(job);
  const missing = Math.max(0, job.attempt - known.length);
  return [...known, ...Array<AttemptUse>(missing).fill({ seconds: 0 })].map((use) => ({ ...use, compute }));
}

function ownTime({ startedAt, endedAt, capacity }: JobView): AttemptUse[] {
  if (startedAt === undefined || endedAt === undefined) return [];
  return [{ seconds: (Date.parse(endedAt) - Date.parse(startedAt)) / 1_000, capacity }];
}

/** Actions that were begun; each goes through its states once more for each revision. */
function revisionsOf({ actions }: CycleView): number {
  return actions.reduce((sum, action) => sum + (action.startedAt ? action.revision + 1 : 0), 0);
}

/** Another action was merged meanwhile. */
function checksAgain({ actions }: CycleView): number {
  return actions.flatMap(({ jobs = [] }) => jobs).filter((job) => /-check[1-9]\d*$/.test(job)).length;
}

function transitionsOf(cycle: CycleView): number {
  const waves = new Set(cycle.actions.map(({ wave }) => wave)).size;
  return (
    transitions.cycle +
    waves * transitions.wave +
    cycle.actions.length * transitions.action +
    revisionsOf(cycle) * transitions.revision +
    checksAgain(cycle) * transitions.checkAgain
  );
}

function tasksOf(cycle: CycleView): number {
  return tasks.cycle + revisionsOf(cycle) * tasks.revision;
}

function addUp(parts: readonly (readonly [Calls, number])[]): { -readonly [K in keyof Calls]: number } {
  const total = (key: keyof Calls) => parts.reduce((sum, [calls, times]) => sum + calls[key] * times, 0);
  return {
    httpRequests: total('httpRequests'),
    functionCalls: total('functionCalls'),
    dynamoWrites: total('dynamoWrites'),
    dynamoReads: total('dynamoReads'),
    sqsRequests: total('sqsRequests'),
    s3Puts: total('s3Puts'),
    s3Gets: total('s3Gets'),
    secretReads: total('secretReads'),
    logBytes: total('logBytes'),
  };
}
