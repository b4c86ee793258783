import type { JobView } from '#contracts/job-view.ts';

/** A program that gives a shell where a worker runs. */
export interface Shell {
  file: string;
  args: string[];
  /** Default: that of the command line. */
  env?: Record<string, string>;
  /** Whose shell it is and where, for people. */
  says: string;
}

export interface RunningWorker {
  job: JobView;
  taskArn: string;
}
