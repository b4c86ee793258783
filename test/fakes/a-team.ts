import { type TeamDocument, type TeamFile, teamFile } from '../../lib/contracts/team.ts';

/** The smallest team that has everything: two workers, a reviewer who leads, and a person. */
export const teamSource = {
  name: 'small',
  title: 'Small team',
  description: 'Two workers, a lead, and a person.',
  kinds: [
    { id: 'backend', title: 'Write backend code' },
    { id: 'outage', title: 'Handle an outage', emergency: true },
    { id: 'docs', title: 'Write documentation' },
    { id: 'go_live', title: 'Decide on going live' },
  ],
  agents: [
    { id: 'lead', title: 'Lead', prompt: 'agents/lead.md', model: 'claude-opus-5-5', never: ['backend'] },
    {
      id: 'coder',
      title: 'Coder',
      prompt: 'agents/coder.md',
      model: 'gpt-6.2-sol',
      fallback: ['claude-sonnet-5-5'],
      tools: ['bash'],
      owns: ['backend', 'outage'],
      supports: ['docs'],
    },
    { id: 'writer', title: 'Writer', prompt: 'agents/writer.md', model: 'claude-haiku-5-5', owns: ['docs'] },
  ],
  people: [{ id: 'user', title: 'The user', owns: ['go_live'] }],
  planning: { moderator: 'lead', members: ['lead', 'coder', 'writer'], critic: 'writer' },
  execution: { members: ['coder', 'writer'] },
  review: { members: ['lead'], coordinator: 'lead' },
  tools: [
    {
      name: 'run_tests',
      description: 'Runs the tests.',
      inputSchema: { type: 'object', properties: {} },
      argv: ['node', '--test'],
      agents: ['coder'],
      check: true,
    },
  ],
  approvals: { kinds: ['go_live'] },
  protected: { paths: ['test/**'], unless: ['coder'] },
  workflows: [{ id: 'ship', title: 'Ship it', objective: 'Ship {{what}} to {{where}}.' }],
};

/** With a part replaced, by its JSON pointer. */
export function teamWith(changes: Record<string, unknown> = {}): TeamFile {
  const source = structuredClone(teamSource) as unknown as Record<string, unknown>;
  for (const [pointer, value] of Object.entries(changes)) {
    const keys = pointer.split('/').slice(1);
    const last = keys.pop() ?? '';
    let place: Record<string, unknown> = source;
    for (const key of keys) place = place[key] as Record<string, unknown>;
    place[last] = value;
  }
  return teamFile.parse(source);
}

export function promptsOf({ agents }: TeamFile): TeamDocument['prompts'] {
  return Object.fromEntries(agents.map(({ id }) => [id, 'You are {{agent.id}} of {{team.title}}.']));
}

export function documentWith(changes: Record<string, unknown> = {}): TeamDocument {
  const team = teamWith(changes);
  return { v: 1, team, prompts: promptsOf(team) };
}
