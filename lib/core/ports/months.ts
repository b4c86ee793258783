export interface GrantRequest {
  project: string;
  /** `YYYY-MM`, UTC. */
  month: string;
  jobId: string;
  /** The job's n-th grant, from 1. */
  number: number;
  microUsd: number;
  capMicroUsd: number;
  /** Whether people are to be warned, once a month. */
  warning?: { fromMicroUsd: number; nowMs: number };
}

export interface MonthView {
  committedMicroUsd: number;
  /** When it first had committed so much that people were to be warned. */
  warnedAtMs: number | undefined;
  /** From when on people are to be told of that; undefined once they have been. */
  tellAtMs: number | undefined;
}

export interface GrantReturn {
  project: string;
  month: string;
  jobId: string;
  /** What was spent or may have been: it stays committed. */
  keptMicroUsd: number;
}

export type GrantReply =
  | {
      granted: true;
      microUsd: number;
      /** Where later numbers are noted: the latest, and the sum of all. `microUsd` is then 0. */
      ahead?: { number: number; totalMicroUsd: number };
    }
  | { granted: false; committedMicroUsd: number };

/** What a project may spend in a month: grants flow from here to jobs. */
export interface Months {
  /**
   * Adds the amount to what the month has committed and notes the number. The same number again is granted
   * again without adding; the reply carries the amount that was noted then. Calls of a job that meet may have noted
   * numbers which none of them could write into its row: whoever asks for an earlier one learns what there is.
   */
  grant(request: GrantRequest): Promise<GrantReply>;
  /** Strongly consistent; undefined where nothing was granted yet. */
  read(project: string, month: string): Promise<MonthView | undefined>;
  /**
   * Takes it on to tell people, until `untilMs`.
   *
   * @param tellAtMs as it was read
   * @returns false where somebody else has meanwhile
   */
  claimTelling(project: string, month: string, tellAtMs: number, untilMs: number): Promise<boolean>;
  /** People have been warned: the month is not due any more. */
  warned(project: string, month: string): Promise<void>;
  /**
   * Takes back what was granted to a job beyond what it kept, and forgets the job. How much was granted is read
   * from the month's own note: a job may have ended between its grant and the write that was to record it.
   * Without a note of the job it changes nothing.
   */
  giveBack(request: GrantReturn): Promise<void>;
}
