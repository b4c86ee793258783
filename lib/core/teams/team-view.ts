import type { TeamDocument, TeamView } from '#contracts/team.ts';
import { valuesOfWorkflow } from './render-objective.ts';
import { findModel, type ModelSupply } from './resolve-models.ts';
import { taskMatrix } from './task-matrix.ts';

export interface TeamOrigin extends Pick<TeamView, 'origin' | 'sha256' | 'updatedAt'> {
  /** What can be had now. Without it, nothing is said about who falls back to what. */
  supply?: ModelSupply;
}

/** A team as the API shows it: everything but its prompts. */
export function toTeamView(
  { team }: Pick<TeamDocument, 'team'>,
  { supply, ...origin }: TeamOrigin,
): TeamView {
  const { name, title, description, agents, people, approvals, workflows, budgetUsd, maxCycles } = team;
  return {
    ...{ name, title, description, approvals, budgetUsd, maxCycles },
    ...origin,
    agents: agents.map(({ id, title: role, model, fallback, owns }) => {
      const now = supply && findModel({ model, fallback }, supply);
      const instead = supply && now !== model ? { fallsBackTo: now ?? null } : {};
      return { id, title: role, model, fallback, owns, ...instead };
    }),
    people: people.map(({ id, title: role, owns }) => ({ id, title: role, owns })),
    matrix: taskMatrix(team),
    workflows: workflows.map((workflow) => ({
      id: workflow.id,
      title: workflow.title,
      values: valuesOfWorkflow(workflow),
    })),
  };
}
