import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { makeProgram } from '../../lib/cli/program.ts';

const docs = join(import.meta.dirname, '../../docs');
const pages = [
  'alarms.md',
  'troubleshooting.md',
  ...readdirSync(join(docs, 'runbooks')).map((name) => join('runbooks', name)),
];

/** In backquotes, or a line of a block; up to a comment. */
function commandsOf(page: string): string[] {
  const text = readFileSync(join(docs, page), 'utf8');
  const quoted = [...text.matchAll(/`(?:npx )?muster ([^`]+)`/g)];
  const lines = [...text.matchAll(/^npx muster ([^#\n]+)/gm)];
  return [...quoted, ...lines].map(([, words = '']) => words.trim());
}

/** What is not there: a command, or an option of it. */
function faultsOf(line: string): string[] {
  const words = line.split(/\s+/);
  let command: Command = makeProgram(false);
  for (;;) {
    const found = command.commands.find((each) => each.name() === words[0]);
    if (!found) break;
    command = found;
    words.shift();
  }
  if (command.commands.length > 0) return [`"${line}" is no command`];
  const given = words.filter((word) => !word.startsWith('-'));
  const options = words.filter((word) => word.startsWith('--'));
  const known = [...command.options, ...makeProgram(false).options].map(({ long }) => long);
  const allowed = command.registeredArguments.length + options.length;
  return [
    ...(given.length > allowed ? [`"${line}" has too many words`] : []),
    ...options.filter((option) => !known.includes(option)).map((option) => `no ${option} in "${line}"`),
  ];
}

describe('a page for operators', () => {
  test.each(pages)('names only commands and options that there are: %s [A10] [B11]', (page) => {
    expect(commandsOf(page).length).toBeGreaterThan(0);
    expect(commandsOf(page).flatMap(faultsOf)).toEqual([]);
  });

  test('is found out where it does not', () => {
    expect(faultsOf('alarm lst')).toEqual(['"alarm lst" is no command']);
    expect(faultsOf('job list --state FAILED')).toEqual(['no --state in "job list --state FAILED"']);
    expect(faultsOf('job show ID OTHER')).toEqual(['"job show ID OTHER" has too many words']);
    expect(faultsOf('usage --by agent')).toEqual([]);
  });
});
