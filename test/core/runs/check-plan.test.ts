import { expect, test } from '@jest/globals';
import { plannedAction } from '#contracts/plan.ts';
import { checkPlan, type PlanRules } from '#core/runs/check-plan.ts';

const rules: PlanRules = {
  actions: { min: 1, max: 3 },
  owners: [
    { id: 'developer', title: 'Developer', kinds: ['implementation', 'refactoring'], person: false },
    { id: 'tester', title: 'Tester', kinds: ['testing'], person: false },
    { id: 'user', title: 'User', kinds: ['decision'], person: true },
  ],
  checks: [
    {
      name: 'run_tests',
      description: 'Runs the tests.',
      inputSchema: {
        type: 'object',
        properties: {
          suite: { type: 'string', enum: ['unit', 'all'] },
          retries: { type: 'integer', maximum: 3, default: 0 },
        },
        required: ['suite'],
      },
    },
  ],
};

const criterion = 'All tests of the module pass.';
const action = (changes: object = {}) =>
  plannedAction.parse({
    id: 1,
    action: 'Write the parser of the configuration.',
    kind: 'implementation',
    owner: 'developer',
    priority: 'high',
    estimatedDuration: '2h',
    successCriteria: [criterion],
    checks: [{ criterion, tool: 'run_tests', args: { suite: 'unit' } }],
    ...changes,
  });

function faultsOf(changes: object, given: Partial<PlanRules> = {}): string[] {
  return checkPlan([action(changes)], { ...rules, ...given }).map(
    ({ path, message }) => `${path}: ${message}`,
  );
}

test('a plan that can be carried out has no faults [B1] [E1]', () => {
  const persons = { id: 3, owner: 'user', kind: 'decision', checks: [], dependsOn: [1, 2] };
  expect(checkPlan([action({ id: 2, dependsOn: [1] }), action(), action(persons)], rules)).toEqual([]);
});

test.each([
  ['Deploy it.', /at least 4 words; it has 2/],
  ['Write the parser of the configuration', /full stop at its end/],
  ['   ', /at least 4 words; it has 0/],
])('%j is no complete sentence [B3]', (text, expected) => {
  expect(faultsOf({ action: text })).toEqual([expect.stringMatching(expected)]);
});

test.each([
  'Does the parser take comments?',
  'Write the parser (as the issue says: "keep it small.")',
  '設定ファイルのパーサーを書いてください。',
])('%j is a complete sentence', (text) => {
  expect(faultsOf({ action: text })).toEqual([]);
});

test.each([
  [{ owner: 'nobody' }, '/actions/0/owner: "nobody" is nobody here; the owners are developer, tester, user'],
  [
    { kind: 'testing' },
    '/actions/0/kind: developer does not own "testing", only implementation, refactoring; "testing" is owned by tester',
  ],
  [
    { kind: 'magic' },
    '/actions/0/kind: developer does not own "magic", only implementation, refactoring; no owner has the kind "magic"',
  ],
  [{ dependsOn: [1] }, '/actions/0/dependsOn/0: action 1 depends on itself'],
  [{ dependsOn: [7] }, '/actions/0/dependsOn/0: there is no action 7'],
  [{ id: 2 }, '/actions: the ids are 2; they must be 1 to 1, each once'],
  [{ checks: [] }, "/actions/0/checks: an agent's action needs at least one check; the tools are run_tests"],
  [
    { checks: [{ criterion: 'All tests pass.', tool: 'run_tests', args: { suite: 'unit' } }] },
    "/actions/0/checks/0/criterion: is none of the action's successCriteria, word for word",
  ],
  [
    { checks: [{ criterion, tool: 'guess' }] },
    '/actions/0/checks/0/tool: "guess" is no tool for checks; the tools are: run_tests',
  ],
])('%j is a fault [E1]', (changes, expected) => {
  expect(faultsOf(changes)).toEqual([expected]);
});

test.each([
  [{}, '/actions/0/checks/0/args/suite'],
  [{ suite: 'some' }, '/actions/0/checks/0/args/suite'],
  [{ suite: 'unit', retries: 4 }, '/actions/0/checks/0/args/retries'],
  [{ suite: 'unit', fast: true }, '/actions/0/checks/0/args'],
])('arguments of a check are checked as the tool itself checks them: %j', (args, path) => {
  const faults = faultsOf({ checks: [{ criterion, tool: 'run_tests', args }] });
  expect(faults).toEqual([expect.stringMatching(new RegExp(`^${path}: `))]);
});

test('without tools for checks, no action needs one', () => {
  expect(faultsOf({ checks: [] }, { checks: [] })).toEqual([]);
});

test('there are as many actions as were wanted [B1]', () => {
  const many = [1, 2, 3, 4].map((id) => action({ id }));
  expect(checkPlan([], rules)).toEqual([
    { path: '/actions', message: 'there are 0 actions; 1 to 3 are wanted' },
  ]);
  expect(checkPlan(many, rules)).toEqual([
    { path: '/actions', message: 'there are 4 actions; 1 to 3 are wanted' },
  ]);
});

test('a circle of dependencies is named', () => {
  const plan = [
    action({ dependsOn: [2] }),
    action({ id: 2, dependsOn: [3] }),
    action({ id: 3, dependsOn: [1] }),
  ];
  expect(checkPlan(plan, rules)).toEqual([
    { path: '/actions', message: 'dependencies go in a circle: 1 → 2 → 3 → 1; take one of them out' },
  ]);
});

test('all faults are named at once', () => {
  const plan = [action({ owner: 'nobody', action: 'Do.', dependsOn: [9] }), action({ id: 3, checks: [] })];
  expect(checkPlan(plan, rules).map(({ path }) => path)).toEqual([
    '/actions',
    '/actions/0/action',
    '/actions/0/owner',
    '/actions/0/dependsOn/0',
    '/actions/1/checks',
  ]);
});
