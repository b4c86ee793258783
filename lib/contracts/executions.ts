import * as z from 'zod';
import { capacity } from './capacity.ts';
import { compute } from './compute.ts';
import { jobId, jobType } from './job-request.ts';
import { ms, time } from './scalars.ts';

/** How one attempt ended. An attempt that FAILED may not have been the job's last; INTERRUPTED never is. */
export const attemptOutcomes = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'CANCELLED', 'INTERRUPTED'] as const;
export type AttemptOutcome = (typeof attemptOutcomes)[number];

/** What a row notes of an attempt that has begun and ended, until it is written down. */
export const attemptEnd = z.strictObject({
  startedAtMs: ms,
  endedAtMs: ms,
  outcome: z.enum(attemptOutcomes),
  /** Left out of workers in functions. */
  capacity: capacity.optional(),
});
export type AttemptEnd = z.infer<typeof attemptEnd>;

/** One attempt of a job, written once when it has ended; `echo` leaves none. */
export const execution = attemptEnd.extend({
  jobId,
  project: z.string(),
  type: jobType,
  attempt: z.number().int().positive(),
  model: z.string().optional(),
  run: z.string().optional(),
  /** Which agent of the run's team; of a meeting, its moderator. */
  agent: z.string().optional(),
  /** Where the job's input lies. */
  inputKey: z.string(),
  /** Where the attempt's result lies, if it left one. */
  resultKey: z.string().optional(),
  /** What its container had; left out for a function. */
  compute: compute.optional(),
  /** With it the job has ended. */
  isLast: z.boolean().optional(),
});
export type Execution = z.infer<typeof execution>;

/** An execution, as `GET /executions` returns it. */
export const executionView = z
  .strictObject({
    project: z.string(),
    job: jobId,
    type: jobType,
    attempt: z.number().int(),
    model: z.string().optional(),
    run: z.string().optional(),
    agent: z.string().optional(),
    startedAt: time,
    endedAt: time,
    milliseconds: z.number().int(),
    outcome: z.enum(attemptOutcomes),
    /** Of a worker in a container. */
    capacity: capacity.optional(),
    /** The objects' keys in the bucket; their content is what the job's own routes return. */
    input: z.string(),
    output: z.string().optional(),
    /** Of this attempt's model calls. */
    costUsd: z.number(),
  })
  .meta({ id: 'Execution' });
export type ExecutionView = z.infer<typeof executionView>;
