import { fileURLToPath } from 'node:url';
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { requireTeam } from '../../../lib/adapters/teams/compile-teams.ts';
import { type Closing, closing, type Statement, statement } from '../../../lib/contracts/plan.ts';
import { cycleSubmission, verdictSubmission } from '../../../lib/contracts/review.ts';
import type { TeamDocument } from '../../../lib/contracts/team.ts';
import { submission } from '../../../lib/contracts/tools.ts';
import { checkPlan } from '../../../lib/core/runs/check-plan.ts';
import { chooseReviewer } from '../../../lib/core/teams/choose-reviewer.ts';
import { renderObjective } from '../../../lib/core/teams/render-objective.ts';
import { renderPrompt } from '../../../lib/core/teams/render-prompt.ts';
import { partiesOf } from '../../../lib/core/teams/task-matrix.ts';
import { readOfflineScripts } from '../../../lib/local/offline-model/read-script.ts';
import {
  type RunningOfflineModel,
  startOfflineModel,
} from '../../../lib/local/offline-model/start-offline-model.ts';

const folder = (name: string) => fileURLToPath(new URL(`../../../prompts/teams/${name}`, import.meta.url));
let server: RunningOfflineModel;
let client: Anthropic;

beforeAll(async () => {
  server = await startOfflineModel({ ...(await readOfflineScripts()), deltaMs: 0 });
  const { url: baseURL } = server;
  client = new Anthropic({ apiKey: 'key', authToken: null, baseURL, maxRetries: 0, openTelemetry: false });
});
afterAll(() => server.close());

/** One turn of an agent of the team: its calls. */
async function turn(document: TeamDocument, agent: string, content: string, tools: string[]) {
  const { content: blocks } = await client.messages.create({
    model: 'claude-sonnet-5-5',
    max_tokens: 16_000,
    system: `Rules of the loop.\n\n${renderPrompt(document, agent)}`,
    messages: [{ role: 'user', content }],
    tools: tools.map((name) => ({ name, input_schema: { type: 'object' as const } })),
  });
  return blocks.flatMap((block) => (block.type === 'tool_use' ? [block] : []));
}

async function input(...args: Parameters<typeof turn>): Promise<unknown> {
  return (await turn(...args))[0]?.input;
}

interface Meeting {
  statements: Record<string, Statement>[];
  plan: Closing;
}

async function meet(document: TeamDocument, objective: string, briefing: string): Promise<Meeting> {
  const { members, rounds, moderator } = document.team.planning;
  const opening = `# Objective\n\n${objective}\n\n# Briefing\n\n${briefing}`;
  const statements: Record<string, Statement>[] = [];
  for (let round = 1; round <= rounds; round++) {
    const text = `${opening}\n\n# Round ${round} of ${rounds}`;
    const said = members.map(
      async (id) => [id, statement.parse(await input(document, id, text, ['speak']))] as const,
    );
    statements.push(Object.fromEntries(await Promise.all(said)));
  }
  const text = `${opening}\n\n# Close the meeting`;
  return {
    statements,
    plan: closing.parse(await input(document, moderator, text, ['close_meeting', 'speak'])),
  };
}

/** What people do has no script. */
function agentsActions({ team }: TeamDocument, { plan }: Meeting): Closing['actions'] {
  return plan.actions.filter(({ owner }) => team.agents.some(({ id }) => id === owner));
}

function rulesOf({ team }: TeamDocument) {
  return {
    actions: team.planning.actions,
    owners: partiesOf(team).map(({ id, title, owns, isPerson }) => ({
      id,
      title,
      kinds: [...owns],
      person: isPerson,
    })),
    checks: team.tools
      .filter(({ check }) => check)
      .map(({ name, description, inputSchema }) => ({ name, description, inputSchema: { ...inputSchema } })),
  };
}

type Wanted = string | { id: string; values: Record<string, string> };

const pipeline = { source: 'orders.csv', target: 's3://shop-data/orders/' };
const training = { model: 'the model', data: 'customers.csv', criteria: 'an AUC of at least 0.80' };
const spending = { period: 'the last week', limitUsd: '100' };
const cases: [string, Wanted, number, number][] = [
  ['solo', 'The tests of this library fail. Fix the library.', 1, 1],
  ['software', 'Build a small application that shortens links.', 6, 6],
  ['autonomous', 'Roll the ranking model out to 5 percent.', 15, 20],
  ['collaboration', { id: 'train-deploy', values: training }, 5, 5],
  ['collaboration', { id: 'data-pipeline', values: pipeline }, 5, 5],
  ['collaboration', { id: 'production-monitoring', values: { alarm: 'shop-5xx' } }, 1, 1],
  ['collaboration', { id: 'cost-optimisation', values: spending }, 2, 2],
];

describe.each(cases)('the script of %s, to %j', (name, wanted, least, most) => {
  let document: TeamDocument;
  let objective: string;
  let meeting: Meeting;
  beforeAll(async () => {
    document = await requireTeam(folder(name));
    objective = typeof wanted === 'string' ? wanted : renderObjective(document.team, wanted);
    meeting = await meet(document, objective, 'Nothing: this is the first cycle.');
  });

  test('lets every member speak and vote, and the critic object or say why not [B1] [D1]', () => {
    const { critic = '' } = document.team.planning;
    for (const round of meeting.statements) {
      expect(Object.values(round).map(({ vote }) => vote)).toEqual(Object.keys(round).map(() => 'go'));
      const said = round[critic];
      expect((said?.objections.length ?? 0) > 0 || said?.noObjectionBecause !== undefined).toBe(true);
    }
  });

  test('closes with a plan that can be carried out by the team’s borders [B1] [C1]', () => {
    expect(checkPlan(meeting.plan.actions, rulesOf(document))).toEqual([]);
    expect(meeting.plan.actions.length).toBeGreaterThanOrEqual(least);
    expect(meeting.plan.actions.length).toBeLessThanOrEqual(most);
  });

  test('has every action begun by its owner with a tool that the owner may call [B2]', async () => {
    for (const { id, action, owner, successCriteria, dependsOn } of agentsActions(document, meeting)) {
      const list = successCriteria.map((criterion, at) => `${at + 1}. ${criterion}`).join('\n');
      const asked = [`# Action ${id}`, action, `It serves this objective of run run-1:\n> ${objective}`];
      const before = dependsOn.map(
        (other) => `Action ${other} (user) was done before, and its owner answered:\n> Deploy.`,
      );
      const task = `${[...asked, ...before].join('\n\n')}\n\nThe task is done when all of this is true; give evidence for each:\n${list}`;
      const calls = await turn(document, owner, task, ['submit_result', 'list_files']);
      const own: string[] = document.team.agents.find((agent) => agent.id === owner)?.tools ?? [];
      const teams = document.team.tools
        .filter(({ agents }) => agents.includes(owner))
        .map((tool) => tool.name);
      expect(calls.length).toBeGreaterThan(0);
      expect([...own, ...teams]).toEqual(expect.arrayContaining(calls.map((call) => call.name)));
    }
  });

  test('has every action judged by somebody else, each criterion by its check [E5]', async () => {
    for (const { id, action, owner, successCriteria, checks } of agentsActions(document, meeting)) {
      const reviewer = chooseReviewer(document.team, owner);
      for (const ok of [true, false]) {
        const found = { checks: checks.map((check) => ({ ...check, ok, output: 'said "so"\n' })) };
        const list = successCriteria.map((criterion) => `- ${criterion}`).join('\n');
        const task = `# Review of action ${id}\n\nAction: ${action}\n\nSuccess criteria, each to be judged word for word:\n${list}\n\n${JSON.stringify(found, null, 1)}`;
        const { verdicts } = verdictSubmission.parse(
          await input(document, reviewer, task, ['submit_verdict']),
        );
        const verdict = ok ? 'met' : 'not_met';
        expect(verdicts).toEqual(
          successCriteria.map((criterion) => ({
            criterion,
            verdict,
            evidence: 'The check says: said "so"\n',
          })),
        );
      }
    }
  });

  test('has the coordinator go by what became of the actions', async () => {
    const { coordinator } = document.team.review;
    const review = async (status: string) =>
      cycleSubmission.parse(
        await input(
          document,
          coordinator,
          `# Review of cycle 1\n\nThe objective of run run-1:\n> ${objective}\n\n> "status": "${status}"`,
          ['submit_review'],
        ),
      ).objectiveAchieved;
    expect([await review('DONE'), await review('FAILED')]).toEqual([true, false]);
  });
});

describe('collaboration, on its way to production', () => {
  const wanted = { id: 'train-deploy', values: training };

  test('asks the user how it goes on where the figures have missed the criteria [C5]', async () => {
    const document = await requireTeam(folder('collaboration'));
    const briefing = '## Results of cycle 1\n\n> ✖ AUC 0.7400 of what was handed back is at least 0.8';
    const { plan } = await meet(document, renderObjective(document.team, wanted), briefing);
    expect(checkPlan(plan.actions, rulesOf(document))).toEqual([]);
    expect(plan.actions.map(({ kind, owner }) => [kind, owner])).toEqual([['production_decision', 'user']]);
    expect(plan.actions[0]?.action).toContain('its AUC is 0.7400, and at least 0.80 is wanted');
  });

  test('does not go on where the user has declined, and repeats their words [C2] [C5]', async () => {
    const document = await requireTeam(folder('collaboration'));
    const question = 'Task: Decide whether the model, whose figures meet the criteria, is deployed.';
    const briefing = `## Results of cycle 1\n\n## What people said\n\n- ${question} REJECTED: Retrain in May.`;
    const { statements, plan } = await meet(document, renderObjective(document.team, wanted), briefing);
    expect(Object.values(statements[1] ?? {}).map(({ vote }) => vote)).toEqual(['no_go', 'no_go', 'no_go']);
    expect([plan.actions, plan.summary]).toEqual([[], expect.stringContaining('words: Retrain in May.')]);
  });

  test.each([
    ['Deploy.', 'bash'],
    ['Retrain, with the data of November.', 'submit_result'],
  ])('has the AWS specialist, told "%s", begin with %s [C5]', async (answer, first) => {
    const document = await requireTeam(folder('collaboration'));
    const objective = renderObjective(document.team, wanted);
    const told = `Action 4 (user) was done before, and its owner answered:\n> ${answer}`;
    const task = `# Action 5\n\nWrite the deployment.\n\nIt serves this objective of run run-1:\n> ${objective}\n\n${told}`;
    const calls = await turn(document, 'aws_specialist', task, ['submit_result', 'bash']);
    expect(calls.map(({ name }) => name)).toEqual([first]);
  });
});

describe('autonomous, after a cycle whose gate has failed', () => {
  const failure = '> NDCG@10 0.6854 on 20 held-out queries, minimum 0.7200: FAILED';
  const objective = 'Roll the ranking model out to 5 percent.';

  test('cites the figure, and plans the repair before anything depends on it [B6]', async () => {
    const document = await requireTeam(folder('autonomous'));
    const first = await meet(document, objective, 'Nothing: this is the first cycle.');
    const { statements, plan } = await meet(document, objective, `## Results of cycle 1\n\n${failure}`);
    expect(statements[0]?.moderator?.statement).toContain('NDCG@10 0.6854');
    expect(plan.summary).toContain('0.6854');
    expect(plan.decisions.some(({ reason }) => reason.includes('0.6854'))).toBe(true);
    expect(checkPlan(plan.actions, rulesOf(document))).toEqual([]);
    const [repair] = plan.actions;
    expect(repair).toMatchObject({ kind: 'training', owner: 'integration_engineer', priority: 'high' });
    const gate = plan.actions.find(({ kind }) => kind === 'quality_gate');
    expect(gate?.dependsOn).toContain(repair?.id);
    expect(first.plan.actions.map(({ action }) => action)).not.toContain(repair?.action);
  });

  test('does not go on once a second cycle is behind it', async () => {
    const document = await requireTeam(folder('autonomous'));
    const { statements, plan } = await meet(document, objective, '## Results of cycle 2');
    expect(Object.values(statements[1] ?? {}).map(({ vote }) => vote)).toEqual(Array(6).fill('no_go'));
    expect(plan.actions).toEqual([]);
  });
});

test('without a script a team decides not to go ahead, and says why', async () => {
  const document = await requireTeam(folder('collaboration'));
  const { statements, plan } = await meet(document, 'Clean the data.', '');
  expect(Object.values(statements[0] ?? {}).map(({ vote }) => vote)).toEqual(['no_go', 'no_go', 'no_go']);
  expect([plan.actions, plan.summary]).toEqual([[], expect.stringContaining('muster keys set anthropic')]);
});

test('a capture from JSON has its escapes undone, and stays as it is where it is cut in one', async () => {
  const rule = {
    name: 'says what stands in the JSON',
    capture: { said: { from: 'task' as const, pattern: '"said": "(.*)"', json: true } },
    answer: { blocks: [{ type: 'text' as const, text: '{{capture.said}}' }] },
  };
  const script = await startOfflineModel({
    script: { rules: [rule, { name: 'x', answer: { blocks: [] } }] },
    deltaMs: 0,
  });
  const other = new Anthropic({ apiKey: 'key', authToken: null, baseURL: script.url, openTelemetry: false });
  const ask = async (content: string) =>
    (
      await other.messages.create({
        model: 'claude-sonnet-5-5',
        max_tokens: 100,
        messages: [{ role: 'user', content }],
      })
    ).content;
  try {
    expect(await ask('"said": "a \\"b\\"\\nc"')).toMatchObject([{ text: 'a "b"\nc' }]);
    expect(await ask('"said": "cut \\u00"')).toMatchObject([{ text: 'cut \\u00' }]);
  } finally {
    await script.close();
  }
});

test('a result that a script hands in is one that the tool takes', async () => {
  const document = await requireTeam(folder('solo'));
  const task =
    '# Action 1\n\nFix it.\n\nThe task is done when all of this is true; give evidence for each:\n1. All tests pass';
  const message = await client.messages.create({
    model: 'claude-sonnet-5-5',
    max_tokens: 4_000,
    system: renderPrompt(document, 'worker'),
    messages: [
      { role: 'user', content: `${task} (tests)` },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'run_tests', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'pass 14\nfail 0\n' }] },
    ],
    tools: [{ name: 'submit_result', input_schema: { type: 'object' } }],
  });
  const call = message.content.find((block) => block.type === 'tool_use');
  expect(submission.parse(call?.type === 'tool_use' ? call.input : undefined).evidence).toEqual([
    { criterion: 'All tests pass (tests)', check: 'run_tests', output: 'pass 14\nfail 0\n' },
  ]);
});
