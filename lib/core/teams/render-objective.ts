import { AppError, type FieldFault } from '#contracts/errors.ts';
import type { TeamFile } from '#contracts/team.ts';
import { fillPlaceholders, findPlaceholders } from './placeholders.ts';

/** The names that a workflow wants values for, in the order of their first use. */
export function valuesOfWorkflow({
  objective,
  recovery,
}: Pick<Workflow, 'objective' | 'recovery'>): string[] {
  const texts = [objective, recovery?.alarm ?? ''];
  return [...new Set(texts.flatMap(findPlaceholders).map(({ name }) => name))];
}

type Workflow = TeamFile['workflows'][number];

/**
 * The objective of a run that a workflow describes, with the values that its starter gives.
 *
 * @throws AppError `invalid_request` that names the workflow, each missing and each unknown value
 */
export function renderObjective(
  { name, workflows }: Pick<TeamFile, 'name' | 'workflows'>,
  { id, values }: { id: string; values: Readonly<Record<string, string>> },
): string {
  const workflow = workflows.find((candidate) => candidate.id === id);
  if (!workflow) throw unknownWorkflow(name, workflows, id);
  const wanted = valuesOfWorkflow(workflow);
  const faults: FieldFault[] = [
    ...wanted
      .filter((value) => !Object.hasOwn(values, value) || values[value]?.trim() === '')
      .map((value) => ({
        path: `/workflow/values/${value}`,
        message: `the workflow ${id} needs a value for it`,
      })),
    ...Object.keys(values)
      .filter((value) => !wanted.includes(value))
      .map((value) => ({
        path: `/workflow/values/${value}`,
        message: `the workflow ${id} has no such value`,
      })),
  ];
  if (faults.length > 0) throw unfit(id, wanted, faults);
  return fillPlaceholders(workflow.objective, (value) => values[value] ?? '');
}

/** Which alarm has to be over before a cycle of such a run is done, where the workflow says so. */
export function renderRecovery(
  { workflows }: Pick<TeamFile, 'workflows'>,
  { id, values }: { id: string; values: Readonly<Record<string, string>> },
): Workflow['recovery'] {
  const recovery = workflows.find((candidate) => candidate.id === id)?.recovery;
  return recovery && { ...recovery, alarm: fillPlaceholders(recovery.alarm, (value) => values[value] ?? '') };
}

function unknownWorkflow(team: string, workflows: readonly Workflow[], id: string): AppError {
  const known = workflows.map((workflow) => workflow.id).join(', ') || 'none';
  const message = `the team ${team} has no workflow "${id}"; it has ${known}`;
  return new AppError('invalid_request', message, { faults: [{ path: '/workflow/id', message }] });
}

function unfit(id: string, wanted: readonly string[], faults: FieldFault[]): AppError {
  const names = faults.map(({ path, message }) => `${path.split('/').at(-1)}: ${message}`).join('; ');
  const wants = wanted.length === 0 ? 'takes no values' : `takes ${wanted.join(', ')}`;
  return new AppError('invalid_request', `the workflow ${id} ${wants}: ${names}`, { faults });
}
