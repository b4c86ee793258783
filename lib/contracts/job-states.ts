export const jobStatuses = [
  'BLOCKED',
  'QUEUED',
  'STARTING',
  'RUNNING',
  'STOPPING',
  'SUCCEEDED',
  'FAILED',
  'TIMED_OUT',
  'CANCELLED',
] as const;
export type JobStatus = (typeof jobStatuses)[number];

export const terminalStatuses = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'CANCELLED'] as const;
export type TerminalStatus = (typeof terminalStatuses)[number];

/**
 * Why compute is being stopped. `cancel` ends CANCELLED; `timeout` and `deadline` end TIMED_OUT (a `timeout`
 * with attempts left goes back to QUEUED); `lost` (the lease ran out) and `stranded` (the start never
 * answered) go back to QUEUED or end FAILED; `halt` (everything was stopped) goes back to QUEUED and waits for
 * `resume`. All of it once the compute is known to be gone.
 */
export const stopCauses = ['cancel', 'timeout', 'deadline', 'lost', 'stranded', 'halt'] as const;
export type StopCause = (typeof stopCauses)[number];

/** Every transition there is. Terminal states have none: `retry` makes a new job. */
export const jobTransitions = {
  BLOCKED: ['QUEUED', 'FAILED', 'TIMED_OUT', 'CANCELLED'],
  QUEUED: ['STARTING', 'TIMED_OUT', 'CANCELLED'],
  STARTING: ['RUNNING', 'QUEUED', 'STOPPING', 'FAILED'],
  RUNNING: ['SUCCEEDED', 'FAILED', 'QUEUED', 'STOPPING'],
  STOPPING: ['QUEUED', 'FAILED', 'TIMED_OUT', 'CANCELLED'],
  SUCCEEDED: [],
  FAILED: [],
  TIMED_OUT: [],
  CANCELLED: [],
} as const satisfies Record<JobStatus, readonly JobStatus[]>;

export function isTerminal(status: JobStatus): status is TerminalStatus {
  return (terminalStatuses as readonly JobStatus[]).includes(status);
}

export function isTransition(from: JobStatus, to: JobStatus): boolean {
  return (jobTransitions[from] as readonly JobStatus[]).includes(to);
}

/** A job in one of these has compute, so it holds a slot. */
export function holdsSlot(status: JobStatus): boolean {
  return status === 'STARTING' || status === 'RUNNING' || status === 'STOPPING';
}
