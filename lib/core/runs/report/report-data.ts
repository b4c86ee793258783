import type { ActionState, CycleRow } from '#contracts/cycle-row.ts';
import type { GateRow } from '#contracts/gate.ts';
import type { JobRow } from '#contracts/job-row.ts';
import type { AgentResult } from '#contracts/job-view.ts';
import type { MeetingResult, PlannedAction } from '#contracts/plan.ts';
import type { RecoveryRow } from '#contracts/recovery.ts';
import type { ActionReview, CycleReview } from '#contracts/review.ts';
import type { RunRow } from '#contracts/run-row.ts';
import type { TeamFile } from '#contracts/team.ts';
import type { LedgerEntry } from '#core/ports/job-store.ts';

/** One look of a reviewer at what an action's owner had left. */
export interface ReportedReview {
  revision: number;
  reviewer: string;
  job: string;
  /** Missing where the review came to no result. */
  review?: ActionReview;
}

export interface ReportedAction {
  state: ActionState;
  planned?: PlannedAction;
  /** What its owner handed in last. */
  result?: AgentResult;
  reviews: ReportedReview[];
  gate?: GateRow;
}

export interface ReportedFile {
  /** Below the cycle's folder. */
  path: string;
  bytes: number;
}

/** Everything that a report tells, gathered beforehand. */
export interface ReportData {
  run: RunRow;
  cycle: CycleRow;
  team: TeamFile;
  meeting?: MeetingResult;
  actions: ReportedAction[];
  review?: CycleReview;
  /** The alarm that had to be over. */
  recovery?: RecoveryRow;
  gates: GateRow[];
  jobs: JobRow[];
  /** Every model call of the cycle. */
  calls: LedgerEntry[];
  files: ReportedFile[];
}
