import { expect, test } from '@jest/globals';
import { plannedAction, taskDocument } from '#contracts/plan.ts';
import { sortChanges, toTaskDocuments } from '#core/runs/task-documents.ts';
import { documentWith } from '../../fakes/a-team.ts';

const action = plannedAction.parse({
  id: 1,
  action: 'Mend the sum of the basket.',
  kind: 'backend',
  owner: 'coder',
  priority: 'high',
  estimatedDuration: '5min',
  successCriteria: ['All tests pass.'],
  context: { files: ['lib/sum.js'], constraints: ['Keep the tests.'], referenceDocs: ['docs/sum.md'] },
});
const run = { context: { files: ['README.md'], constraints: [], referenceDocs: [] } };

test('an action is a task in the agreed form, with what its run and its plan say of it [E3]', () => {
  const { team } = documentWith();
  const [task] = toTaskDocuments([action], run, team);
  expect(taskDocument.parse(task)).toEqual({
    agent_id: 'coder',
    task_type: 'backend',
    priority: 'high',
    context: {
      files: ['README.md', 'lib/sum.js'],
      objective: 'Mend the sum of the basket.',
      constraints: ['Keep the tests.'],
      reference_docs: ['docs/sum.md'],
    },
    expected_output: 'All tests pass.',
    max_tokens: team.agents.find(({ id }) => id === 'coder')?.maxTokens,
  });
});

test('a task of a person has no maximum of tokens [E3]', () => {
  const [task] = toTaskDocuments([{ ...action, owner: 'user' }], run, documentWith().team);
  expect(task).not.toHaveProperty('max_tokens');
});

test('changed files are sorted into code, tests and documentation [E4]', () => {
  const paths = [
    'lib/sum.js',
    'test/sum.test.js',
    'src/sum_test.py',
    'docs/sum.md',
    'README.md',
    'latest/x.js',
  ];
  expect(sortChanges(paths.map((path) => ({ path })))).toEqual({
    code: ['lib/sum.js', 'latest/x.js'],
    tests: ['test/sum.test.js', 'src/sum_test.py'],
    documentation: ['docs/sum.md', 'README.md'],
  });
});
