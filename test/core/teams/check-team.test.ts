import { expect, test } from '@jest/globals';
import { teamFile } from '../../../lib/contracts/team.ts';
import { checkTeam } from '../../../lib/core/teams/check-team.ts';
import { documentWith, teamSource } from '../../fakes/a-team.ts';

const tool = teamSource.tools[0];
const agents = (at: number, field: string) => `/agents/${at}/${field}`;

test('a team without a fault passes', () => {
  expect(checkTeam(documentWith())).toEqual([]);
});

test('an agent may have a response cache for as long as answers are kept [D9]', () => {
  const hours = (value: number) => {
    const agent = { ...teamSource.agents[0], responseCache: { hours: value } };
    return teamFile.safeParse({ ...teamSource, agents: [agent, ...teamSource.agents.slice(1)] });
  };
  expect(hours(720).success).toBe(true);
  expect(hours(721).error?.issues[0]?.path).toEqual(['agents', 0, 'responseCache', 'hours']);
  expect(hours(0).success).toBe(false);
});

/** What is changed, where the fault is found, and what it says. */
const faults: [string, Record<string, unknown>, string, RegExp][] = [
  [
    'an unknown model',
    { [agents(0, 'model')]: 'claude-9' },
    agents(0, 'model'),
    /"claude-9" is not known; known/,
  ],
  [
    'a retired model',
    { [agents(0, 'model')]: 'claude-sonnet-4-5' },
    agents(0, 'model'),
    /use claude-sonnet-5-5/,
  ],
  [
    'an unknown fallback',
    { [agents(1, 'fallback')]: ['gpt-1'] },
    '/agents/1/fallback/0',
    /"gpt-1" is not known/,
  ],
  [
    'a model without a price and without a fallback',
    { [agents(0, 'model')]: 'bedrock/claude-opus-5-5' },
    agents(0, 'model'),
    /no price.*add a fallback/,
  ],
  [
    'more tokens than the model writes',
    { [agents(2, 'model')]: 'claude-haiku-4-5', [agents(2, 'maxTokens')]: 100_000 },
    agents(2, 'model'),
    /at most 64000 tokens/,
  ],
  [
    'two primaries',
    { [agents(2, 'owns')]: ['docs', 'backend'] },
    '/agents/2/owns/1',
    /2 owners, coder and writer/,
  ],
  ['no primary', { [agents(1, 'owns')]: ['backend'] }, '/kinds/1', /nobody owns "outage"/],
  [
    'an unknown kind',
    { [agents(2, 'supports')]: ['cooking'] },
    '/agents/2/supports/0',
    /"cooking" is not in kinds/,
  ],
  [
    'a kind twice',
    { [agents(2, 'owns')]: ['docs', 'docs'] },
    '/agents/2/owns/1',
    /stands in owns of writer twice/,
  ],
  [
    'what is owned and never done',
    { [agents(1, 'never')]: ['backend'] },
    '/agents/1/never/0',
    /coder owns "backend"/,
  ],
  [
    'what is supported and never done',
    { [agents(1, 'never')]: ['docs'] },
    '/agents/1/never/0',
    /coder supports "docs"/,
  ],
  ['an id twice', { [agents(2, 'id')]: 'coder' }, agents(2, 'id'), /somebody else already/],
  ['a person with an agent’s id', { '/people/0/id': 'lead' }, '/people/0/id', /somebody else already/],
  ['a kind’s id twice', { '/kinds/2/id': 'backend' }, '/kinds/2/id', /stands in kinds twice/],
  ['a tool twice', { '/tools': [tool, tool] }, '/tools/1/name', /stands in tools twice/],
  ['an unknown moderator', { '/planning/moderator': 'boss' }, '/planning/moderator', /"boss" is no agent/],
  [
    'an unknown member',
    { '/planning/members': ['lead', 'boss'], '/planning/critic': 'lead' },
    '/planning/members/1',
    /"boss" is no/,
  ],
  ['an unknown critic', { '/planning/critic': 'boss' }, '/planning/critic', /"boss" is no agent/],
  [
    'a critic who does not speak',
    { '/planning/members': ['lead', 'coder'] },
    '/planning/critic',
    /one of the members/,
  ],
  [
    'a person in the meeting',
    { '/planning/members': ['lead', 'coder', 'writer', 'user'] },
    '/planning/members/3',
    /is a person/,
  ],
  ['a person as reviewer', { '/review/members': ['lead', 'user'] }, '/review/members/1', /is a person/],
  ['an unknown coordinator', { '/review/coordinator': 'boss' }, '/review/coordinator', /"boss" is no agent/],
  ['an unknown keeper of the memory', { '/review/memory': 'boss' }, '/review/memory', /"boss" is no agent/],
  [
    'a reviewer who reviews itself',
    { '/review/members': ['coder'] },
    '/review/members',
    /coder would review its own/,
  ],
  [
    'a quorum beyond the members',
    { '/planning/quorum': 4 },
    '/planning/quorum',
    /with 3 members it is 2 to 3/,
  ],
  ['a quorum that both sides can reach', { '/planning/quorum': 1 }, '/planning/quorum', /not both sides/],
  [
    'fewer actions than the least',
    { '/planning/actions': { min: 5, max: 3 } },
    '/planning/actions',
    /min 5 is more/,
  ],
  [
    'a worker that owns nothing',
    { '/execution/members': ['coder', 'writer', 'lead'] },
    '/execution/members/2',
    /owns no kind/,
  ],
  [
    'an owner who does not work',
    { '/execution/members': ['coder'] },
    '/agents/2/owns',
    /not in execution.members/,
  ],
  ['a member twice', { '/execution/members': ['coder', 'writer', 'coder'] }, '/execution/members/2', /twice/],
  [
    'a tool for nobody',
    { '/tools': [{ ...tool, agents: ['boss'] }] },
    '/tools/0/agents/0',
    /"boss" is no agent/,
  ],
  ['a tool for a person', { '/tools': [{ ...tool, agents: ['user'] }] }, '/tools/0/agents/0', /is a person/],
  [
    'a team that can check nothing',
    { '/tools': [{ ...tool, check: false }] },
    '/tools',
    /no tool has check: true/,
  ],
  [
    'an approval of an unknown kind',
    { '/approvals/kinds': ['cooking'] },
    '/approvals/kinds/0',
    /"cooking" is not in kinds/,
  ],
  [
    'protection lifted for nobody',
    { '/protected/unless': ['boss'] },
    '/protected/unless/0',
    /"boss" is nobody/,
  ],
  [
    'a protected path outside',
    { '/protected/paths': ['../x'] },
    '/protected/paths/0',
    /leaves the workspace/,
  ],
  [
    'a window beyond the cadence',
    { '/cadence': { everySeconds: 60, windowSeconds: 90 } },
    '/cadence/windowSeconds',
    /90 is more/,
  ],
  [
    'a shortest interval beyond the cadence',
    { '/cadence': { everySeconds: 600, adapt: { fromSeconds: 900, toSeconds: 1_200 } } },
    '/cadence/adapt/fromSeconds',
    /900 is more than everySeconds 600/,
  ],
  [
    'a longest interval below the cadence',
    { '/cadence': { everySeconds: 600, adapt: { fromSeconds: 300, toSeconds: 500 } } },
    '/cadence/adapt/toSeconds',
    /500 is less than everySeconds 600/,
  ],
  [
    'a workflow’s odd placeholder',
    { '/workflows': [{ id: 'x', title: 'X', objective: 'Do {{the thing}}.' }] },
    '/workflows/0/objective',
    /\{\{the thing\}\} is no placeholder/,
  ],
];

test.each(faults)('%s is named with its place [C1] [B1]', (_what, changes, path, message) => {
  const found = checkTeam(documentWith(changes)).filter((fault) => fault.path === path);
  expect(found.map((fault) => fault.message)).toEqual([expect.stringMatching(message)]);
});

test('an unknown placeholder is named with its line and column in the prompt', () => {
  const document = documentWith();
  const prompts = { ...document.prompts, coder: 'You are {{agent.id}}.\n\nUse {{secrets}}.' };
  expect(checkTeam({ ...document, prompts })).toEqual([
    {
      path: '/prompts/coder',
      line: 3,
      column: 5,
      message: expect.stringMatching(/^\{\{secrets\}\} is unknown; allowed/),
    },
  ]);
});

test('an agent without a prompt, and a prompt without an agent, are named', () => {
  const { team, prompts } = documentWith();
  const { coder, ...rest } = prompts;
  const faultsFound = checkTeam({ team, prompts: { ...rest, cook: coder ?? '' } });
  expect(faultsFound.map(({ path }) => path)).toEqual(['/agents/1/prompt', '/prompts/cook']);
});

test('all faults are named at once', () => {
  const changes = { '/agents/0/model': 'x', '/review/coordinator': 'boss', '/approvals/kinds': ['y'] };
  expect(checkTeam(documentWith(changes))).toHaveLength(3);
});
