import { AppError } from '#contracts/errors.ts';
import type { TeamFile } from '#contracts/team.ts';

/**
 * Who checks a result: the first of the reviewers who did not do the work.
 *
 * @throws AppError `team_invalid`, which a team that has passed its check never comes to
 */
export function chooseReviewer({ review }: Pick<TeamFile, 'review'>, owner: string): string {
  const reviewer = review.members.find((id) => id !== owner);
  if (reviewer !== undefined) return reviewer;
  throw new AppError('team_invalid', `nobody but ${owner} could review what ${owner} has done`, {
    remedy: 'add another agent to review.members',
  });
}
