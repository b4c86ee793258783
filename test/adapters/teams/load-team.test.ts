import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { compileTeams } from '../../../lib/adapters/teams/compile-teams.ts';
import { describeFault, loadTeam } from '../../../lib/adapters/teams/load-team.ts';
import { teamSource } from '../../fakes/a-team.ts';

let root: string;
let folder: string;
const yaml = stringify(teamSource);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'muster-team-'));
  folder = join(root, 'small');
  mkdirSync(join(folder, 'agents'), { recursive: true });
  for (const { prompt, id } of teamSource.agents) write(prompt, `You are {{agent.id}}, that is ${id}.\n`);
  write('team.yaml', yaml);
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, content: string | Buffer): void {
  writeFileSync(join(folder, path), content);
}

async function faults(): Promise<string[]> {
  const loaded = await loadTeam(folder);
  return 'faults' in loaded ? loaded.faults.map((fault) => describeFault('', fault)) : [];
}

/** The line on which a text stands, from 1. */
function lineOf(text: string, within = yaml): number {
  return within.slice(0, within.indexOf(text)).split('\n').length;
}

test('a folder becomes a document with its prompts [B1]', async () => {
  expect(await loadTeam(folder)).toMatchObject({
    document: {
      v: 1,
      team: { name: 'small', budgetUsd: 10 },
      prompts: { coder: expect.stringContaining('coder') },
    },
  });
  expect((await compileTeams(root)).map(({ team }) => team.name)).toEqual(['small']);
});

test.each([
  ['an unknown model', 'model: claude-opus-5-5', 'model: gpt-1', /model "gpt-1" is not known/],
  ['an unknown tool', '- bash', '- hammer', /tool "hammer" is not one of Muster's/],
  ['an unknown owner', '- go_live', '- cooking', /kind "cooking" is not in kinds/],
  ['two primaries', '- docs\npeople', '- backend\npeople', /2 owners, coder and writer/],
  ['an unknown field', 'description:', 'slogan: x\ndescription:', /"slogan" is no field here/],
  ['a word where a number belongs', 'approvals:', 'budgetUsd: much\napprovals:', /expected number/],
])('%s is named with file, line and column', async (_what, text, instead, message) => {
  const changed = yaml.replace(text, instead);
  expect(changed).not.toBe(yaml);
  write('team.yaml', changed);
  const found = (await faults()).filter((line) => message.test(line));
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(new RegExp(`^team\\.yaml:${lineOf(instead, changed)}:\\d+: `));
});

test('a reviewer who reviews itself is named with its line', async () => {
  write('team.yaml', stringify({ ...teamSource, review: { members: ['coder'], coordinator: 'lead' } }));
  expect(await faults()).toEqual([
    expect.stringMatching(/^team\.yaml:\d+:\d+: coder would review its own work/),
  ]);
});

test('a missing field is named where it should stand', async () => {
  write('team.yaml', yaml.replace(/^title: .*\n/m, ''));
  expect(await faults()).toEqual([expect.stringMatching(/^team\.yaml:1:1: title is missing/)]);
});

test('an unknown placeholder is named with the prompt’s own line', async () => {
  write('agents/coder.md', 'You are {{agent.id}}.\nDo {{it}}.\n');
  expect(await faults()).toEqual([expect.stringMatching(/^agents\/coder\.md:2:4: \{\{it\}\} is unknown/)]);
});

test('text that is no YAML is named with its line', async () => {
  write('team.yaml', 'name: small\ntitle: [1, 2\n');
  expect((await faults())[0]).toMatch(/^team\.yaml:[23]:\d+: /);
  write('team.yaml', 'name: small\nname: twice\n');
  expect((await faults())[0]).toMatch(/^team\.yaml:2:1: .*unique/);
});

test('a bomb of anchors is refused before it expands', async () => {
  const lines = Array.from({ length: 9 }, (_, at) => {
    const before = at === 0 ? '"lol"' : `*a${at - 1}`;
    return `x${at}: &a${at} [${Array(9).fill(before).join(', ')}]`;
  });
  write('team.yaml', `${lines.join('\n')}\n`);
  const startedMs = performance.now();
  expect(await faults()).toEqual([expect.stringMatching(/^team\.yaml:2:\d+: cannot be expanded: .*alias/)]);
  expect(performance.now() - startedMs).toBeLessThan(1_000);
});

test('brackets without end are a fault and no crash', async () => {
  write('team.yaml', '['.repeat(100_000));
  expect((await faults()).length).toBeGreaterThan(0);
});

test('a file over the size limit is refused', async () => {
  write('agents/coder.md', 'x'.repeat(262_145));
  expect(await faults()).toEqual([expect.stringMatching(/coder\.md has 262145 bytes; allowed are 262144/)]);
  write('agents/coder.md', 'x'.repeat(200_001));
  expect(await faults()).toEqual([expect.stringMatching(/200001 characters; allowed are 200000/)]);
});

test('a link out of the folder is refused', async () => {
  writeFileSync(join(root, 'secret.md'), 'secret');
  rmSync(join(folder, 'agents/coder.md'));
  symlinkSync(join(root, 'secret.md'), join(folder, 'agents/coder.md'));
  expect(await faults()).toEqual([expect.stringMatching(/agents\/coder\.md leads out of the team's folder/)]);
});

test('what is no text, no file or not there is refused', async () => {
  write('agents/coder.md', Buffer.from([0xff, 0xfe, 0x41]));
  rmSync(join(folder, 'agents/lead.md'));
  rmSync(join(folder, 'agents/writer.md'));
  execFileSync('mkfifo', [join(folder, 'agents/writer.md')]);
  expect(await faults()).toEqual([
    expect.stringMatching(/lead\.md is not there/),
    expect.stringMatching(/coder\.md is not UTF-8 text/),
    expect.stringMatching(/writer\.md is not a file/),
  ]);
});

test('a folder of teams with a fault is refused with all of them', async () => {
  write('team.yaml', yaml.replace('claude-opus-5-5', 'x').replace('claude-haiku-5-5', 'y'));
  await expect(compileTeams(root)).rejects.toMatchObject({
    code: 'team_invalid',
    message: expect.stringMatching(/2 faults:\n.*small\/team\.yaml:\d+:\d+: model "x".*\n.*model "y"/s),
  });
});

test('a team has the name of its folder', async () => {
  write('team.yaml', yaml.replace('name: small', 'name: large'));
  await expect(compileTeams(root)).rejects.toMatchObject({ message: expect.stringContaining('"large"') });
});
