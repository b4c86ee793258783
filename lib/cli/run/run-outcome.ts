import { AppError, type ErrorCode, errors } from '#contracts/errors.ts';
import { cycleEnd, cycleEnds, terminalRunStatuses } from '#contracts/run-states.ts';
import type { RunView } from '#contracts/run-view.ts';

export function hasEnded({ status }: Pick<RunView, 'status'>): boolean {
  return (terminalRunStatuses as readonly string[]).includes(status);
}

/** What the outcome means, as a sentence; undefined while there is none. */
export function outcomeSentence({ outcome }: Pick<RunView, 'outcome'>): string | undefined {
  const known = cycleEnd.safeParse(outcome);
  return known.success ? cycleEnds[known.data].says : undefined;
}

/** 0 for a run that SUCCEEDED, also where the team or a person said no; otherwise the exit code of its error. */
export function outcomeExitCode(run: RunView): number {
  return run.status === 'SUCCEEDED' ? 0 : errors[outcomeCode(run)].exitCode;
}

/** The error that stands for how a run ended. */
export function outcomeError(run: RunView): AppError {
  const why = run.error?.message ?? outcomeSentence(run);
  return new AppError(outcomeCode(run), `run ${run.id} ended ${run.status}${why ? `: ${why}` : ''}`, {
    remedy: run.error?.remedy ?? `look at it: muster run show ${run.id}`,
  });
}

function outcomeCode({ status, outcome, error }: RunView): ErrorCode {
  if (error) return error.code;
  if (status === 'STOPPED') return 'cancelled';
  if (outcome === 'OutOfBudget') return 'run_budget_exceeded';
  if (outcome === 'TimedOut') return 'timed_out';
  return outcome === 'MeetingFailed' ? 'plan_invalid' : 'worker_error';
}
