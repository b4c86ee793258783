export interface GrantRequest {
  project: string;
  /** `YYYY-MM`, UTC. */
  month: string;
  jobId: string;
  /** The job's n-th grant, from 1. */
  number: number;
  microUsd: number;
  capMicroUsd: number;
}

export interface GrantReturn {
  project: string;
  month: string;
  jobId: string;
  /** Granted in all, less what was spent or may have been. */
  microUsd: number;
}

/** What a project may spend in a month: grants flow from here to jobs. */
export interface Months {
  /**
   * Adds the amount to what the month has committed and notes the number. The same number again is granted
   * again without adding; the reply carries the amount that was noted then.
   */
  grant(
    request: GrantRequest,
  ): Promise<{ granted: true; microUsd: number } | { granted: false; committedMicroUsd: number }>;
  /** Takes back what a job did not need and forgets the job. Without a note of the job it changes nothing. */
  giveBack(request: GrantReturn): Promise<void>;
}
