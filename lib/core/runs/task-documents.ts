import type { WorkspaceChange } from '#contracts/job-view.ts';
import type { PlannedAction, TaskDocument } from '#contracts/plan.ts';
import type { RunRow } from '#contracts/run-row.ts';
import type { TeamFile } from '#contracts/team.ts';

/** Each action of a plan as a task for its agent, in the agreed form. People's tasks have no maximum of tokens. */
export function toTaskDocuments(
  actions: readonly PlannedAction[],
  run: Pick<RunRow, 'context'>,
  { agents }: Pick<TeamFile, 'agents'>,
): TaskDocument[] {
  return actions.map(({ owner, kind, priority, context, action, successCriteria, expectedOutput }) => {
    const agent = agents.find(({ id }) => id === owner);
    return {
      agent_id: owner,
      task_type: kind,
      priority,
      context: {
        files: [...run.context.files, ...context.files],
        objective: action,
        constraints: [...run.context.constraints, ...context.constraints],
        reference_docs: [...run.context.referenceDocs, ...context.referenceDocs],
      },
      expected_output: expectedOutput ?? successCriteria.join('\n'),
      ...(agent ? { max_tokens: agent.maxTokens } : {}),
    };
  });
}

const tests = /(^|\/)(tests?|spec|__tests__)\/|\.(test|spec)\.[a-z]+$|(^|\/)test_[^/]*$|_test\.[a-z]+$/i;
const documentation = /(^|\/)(docs?|documentation)\/|\.(md|mdx|rst|adoc|txt)$/i;

/** What was changed, sorted by what it is, from the paths alone. */
export function sortChanges(files: readonly Pick<WorkspaceChange, 'path'>[]) {
  const sorted = { code: [] as string[], tests: [] as string[], documentation: [] as string[] };
  for (const { path } of files) {
    if (tests.test(path)) sorted.tests.push(path);
    else if (documentation.test(path)) sorted.documentation.push(path);
    else sorted.code.push(path);
  }
  return sorted;
}
