import { AppError } from '#contracts/errors.ts';
import type { JobRow, JobRun, Reservation } from '#contracts/job-row.ts';
import { budgetDefaults, limits } from '#contracts/limits.ts';
import { toUsd } from '#contracts/usage.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { monthOf } from './month-of.ts';
import { runPurse } from './run-purse.ts';

/** Grants come in steps of 5 cents, so that a long job does not ask the month at every turn. */
const grantStepMicroUsd = 50_000;

export interface Wanted {
  reservation: Reservation;
  /** Which call of the model it is for: turns of a conversation only go up. */
  conversation: string;
  turn: number;
  nowMs: number;
}

/**
 * The row with money put aside for one model call, or a refusal that names the cap: of the job, or of the
 * project's month. Money moves month → job before it is reserved, by numbered grants: repeating one is harmless.
 *
 * @throws AppError `budget_exceeded`, `invalid_request` for a turn that has been settled
 */
export async function reserve(
  deps: Deps<'months' | 'settings'>,
  row: JobRow,
  wanted: Wanted,
): Promise<JobRow> {
  const { reservation, conversation, turn } = wanted;
  if (row.reservations.some(({ key }) => key === reservation.key)) return row;
  // A request that was under way for long must not open again what has been paid: it would be paid twice.
  if (turn <= (row.turns?.[conversation] ?? 0)) throw settledBefore(row, wanted);
  if (row.reservations.length >= limits.openReservations) {
    throw new AppError(
      'busy',
      `job ${row.id} has ${limits.openReservations} open reservations; settle one first`,
    );
  }
  const needed = committed(row) + reservation.microUsd;
  if (needed > row.budgetMicroUsd) throw overJobBudget(row, reservation);
  const funded = needed > row.grantedMicroUsd ? await fund(deps, row, needed, wanted.nowMs) : row;
  const turns = { ...row.turns, [conversation]: turn };
  return { ...funded, turns, reservations: [...funded.reservations, reservation] };
}

/** Spent, or put aside and perhaps spent. */
export function committed(row: JobRow): number {
  return row.reservations.reduce((sum, { microUsd }) => sum + microUsd, row.spentMicroUsd);
}

async function fund(
  deps: Deps<'months' | 'settings'>,
  row: JobRow,
  needed: number,
  nowMs: number,
): Promise<JobRow> {
  const missing = needed - row.grantedMicroUsd;
  const rounded = Math.ceil(missing / grantStepMicroUsd) * grantStepMicroUsd;
  const wantedMicroUsd = Math.max(missing, Math.min(rounded, row.budgetMicroUsd - row.grantedMicroUsd));
  const month = row.grantMonth ?? monthOf(nowMs);
  const number = row.grants + 1;
  const microUsd = await grantOfRun(deps, row, number, wantedMicroUsd, missing);
  const capMicroUsd = deps.settings.projectMonthMicroUsd;
  const { project, id: jobId } = row;
  const warning = { fromMicroUsd: capMicroUsd * budgetDefaults.warnShare, nowMs };
  const answer = await deps.months.grant({ project, month, jobId, number, microUsd, capMicroUsd, warning });
  if (!answer.granted) throw overMonthBudget(row, month, answer.committedMicroUsd, capMicroUsd);
  const noted = answer.ahead ?? { number, totalMicroUsd: row.grantedMicroUsd + answer.microUsd };
  const funded = {
    ...row,
    grants: noted.number,
    grantMonth: month,
    grantedMicroUsd: noted.totalMicroUsd,
  };
  // The grant of this number was noted earlier, for a smaller call: ask for the rest under the next number.
  return funded.grantedMicroUsd >= needed ? funded : fund(deps, funded, needed, nowMs);
}

/**
 * A job of a run takes from the run's purse first, and then the same amount from the month: both keep their caps,
 * and both get back what the job leaves.
 */
async function grantOfRun(
  deps: Deps<'months'>,
  row: JobRow,
  number: number,
  wantedMicroUsd: number,
  missingMicroUsd: number,
): Promise<number> {
  const { run, id: jobId } = row;
  if (!run) return wantedMicroUsd;
  const ask = (microUsd: number) =>
    deps.months.grant({ ...runPurse(run.id), jobId, number, microUsd, capMicroUsd: run.budgetMicroUsd });
  const answer = await ask(wantedMicroUsd);
  if (answer.granted) return answer.microUsd;
  // The step may be more than is left where what is needed is not.
  const least = wantedMicroUsd > missingMicroUsd ? await ask(missingMicroUsd) : answer;
  if (least.granted) return least.microUsd;
  throw overRunBudget(row, run, least.committedMicroUsd);
}

function usd(microUsd: number): string {
  return `${toUsd(microUsd).toFixed(4)} USD`;
}

function settledBefore(row: JobRow, { conversation, turn }: Wanted): AppError {
  return new AppError(
    'invalid_request',
    `turn ${turn} of "${conversation}" of job ${row.id} has been settled; turns go up from ${row.turns?.[conversation]}`,
  );
}

function overJobBudget(row: JobRow, { microUsd, model }: Reservation): AppError {
  const message = `the next call of ${model} may cost ${usd(microUsd)}; ${usd(committed(row))} of the job's budget of ${usd(row.budgetMicroUsd)} is used`;
  return new AppError('budget_exceeded', message, {
    remedy: 'submit it again with a higher budgetUsd, or a lower maxTokens',
  });
}

function overRunBudget(row: JobRow, run: JobRun, committedMicroUsd: number): AppError {
  const message = `run ${run.id} has committed ${usd(committedMicroUsd)} of its budget of ${usd(run.budgetMicroUsd)}, and job ${row.id} needs more`;
  return new AppError('run_budget_exceeded', message, {
    remedy: 'start it again with a higher budgetUsd, or raise budgetUsd in the team file',
  });
}

function overMonthBudget(
  row: JobRow,
  month: string,
  committedMicroUsd: number,
  capMicroUsd: number,
): AppError {
  const message = `project "${row.project}" has committed ${usd(committedMicroUsd)} of its ${usd(capMicroUsd)} for ${month}`;
  return new AppError('budget_exceeded', message, {
    remedy: 'raise projectMonthBudgetUsd in the settings and deploy again, or wait for the next month',
  });
}
