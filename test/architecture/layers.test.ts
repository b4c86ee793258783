import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { checkTree } from './check.ts';
import { textRules } from './rules.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'layers-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function plant(path: string, ...lines: string[]): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), `${lines.join('\n')}\n`);
}

function seen(): string[] {
  return checkTree(root).map(({ path, line, rule }) => `${path}:${line} ${rule}`);
}

test('the repository keeps its own rules', () => {
  expect(checkTree(repository)).toEqual([]);
});

test('a violation ends the command with 1 and is printed with its place', () => {
  plant('lib/core/a.ts', 'export const now = Date.now();');
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(repository, 'test/architecture/check.ts'), root],
    {
      encoding: 'utf8',
    },
  );
  expect(stdout).toBe('lib/core/a.ts:1 pure: no clock: Date.now(\n');
  expect(status).toBe(1);
});

test('an exception that is not needed any more has to go', () => {
  for (const { pattern, exceptions = {} } of textRules) {
    for (const path of Object.keys(exceptions))
      expect(readFileSync(join(repository, path), 'utf8')).toMatch(pattern);
  }
});

describe('an import of another layer', () => {
  test('is refused by its layer, with its line', () => {
    plant('lib/core/a.ts', '// Why.', "import { b } from '../adapters/b.ts';");
    expect(seen()).toEqual([
      'lib/core/a.ts:2 layer: lib/core may not import lib/adapters/b.ts (it may import lib/contracts, lib/core)',
    ]);
  });

  test.each([
    ['for a type', "import type { B } from '#adapters/b.ts';"],
    ['over several lines', "import {\n  type B,\n  c,\n} from '#adapters/b.ts';"],
    ['for nothing but what it does', "import '#adapters/b.ts';"],
    ['passed on', "export { b } from '#adapters/b.ts';"],
    ['passed on whole', "export * from '#adapters/b.ts';"],
    ['late', "const load = () => import('#adapters/b.ts');"],
    ['inside a type', "export type B = import('#adapters/b.ts').B;"],
  ])('is seen %s', (_how, code) => {
    plant('lib/contracts/a.ts', code);
    expect(seen()).toEqual([expect.stringContaining('lib/contracts may not import lib/adapters/b.ts')]);
  });

  test.each([
    ['lib/local/a.ts', '../stacks/b.ts'],
    ['lib/local/a.ts', '../constructs/b.ts'],
    ['lib/constructs/a.ts', '#core/b.ts'],
    ['lib/stacks/a.ts', '#core/b.ts'],
    ['lib/adapters/a.ts', '../local/b.ts'],
    ['lambdas/a.ts', '../lib/local/b.ts'],
    ['worker-image/a.ts', '../lib/local/b.ts'],
    ['lib/cli/a.ts', '../stacks/b.ts'],
    ['lib/cli/a.ts', '../../bin/b.ts'],
    ['lib/local/a.ts', '../../worker-image/b.ts'],
    ['lambdas/a.ts', './b.ts'],
    ['bin/a.ts', '../test/b.ts'],
  ])('is refused: %s → %s', (path, specifier) => {
    plant(path, `import { b } from '${specifier}';`);
    expect(seen()).toEqual([expect.stringMatching(/^\S+:1 layer: /)]);
  });

  test('that is allowed passes, and so does a path that is spawned', () => {
    plant('lib/contracts/a.ts', "import * as z from 'zod';");
    plant('lib/core/b.ts', "import { a } from '#contracts/a.ts';");
    plant('lambdas/c.ts', "import { b } from '#core/b.ts';", "import { d } from '../lib/adapters/d.ts';");
    plant('lib/local/e.ts', "const worker = new URL('../../worker-image/main.ts', import.meta.url);");
    expect(seen()).toEqual([]);
  });

  test('in a folder that has no layer is told', () => {
    plant('lib/helpers/a.ts', 'export const a = 1;');
    expect(seen()).toEqual(['lib/helpers/a.ts:1 layer: this folder has none']);
  });
});

test.each([
  ['lib/core/a.ts', '@anthropic-ai/sdk'],
  ['lib/adapters/a.ts', '@anthropic-ai/sdk'],
  ['lib/cli/a.ts', 'openai'],
  ['lib/adapters/control/a.ts', '@aws-sdk/client-s3'],
  ['lambdas/a.ts', '@aws-sdk/client-sqs'],
  ['lib/local/a.ts', 'aws-cdk-lib/aws-s3'],
  ['lib/cli/a.ts', 'aws-cdk-lib'],
  ['lambdas/a.ts', 'dynalite'],
  ['lib/core/a.ts', 'node:crypto'],
  ['lib/contracts/a.ts', 'aws-lambda'],
  ['lib/constructs/a.ts', 'commander'],
])('a package in the wrong place is refused: %s → %s', (path, specifier) => {
  plant(path, `import { b } from '${specifier}';`);
  expect(seen()).toEqual([expect.stringContaining(specifier)]);
  expect(seen()).toEqual([expect.stringMatching(/^\S+:1 package: /)]);
});

test.each([
  ['process.exit(1);', 'pure: no process: process.'],
  ['const now = Date.now();', 'pure: no clock: Date.now('],
  ['const now = new Date();', 'pure: no clock: new Date()'],
  ['const chance = Math.random();', 'pure: no chance: Math.random('],
  ['setTimeout(() => undefined, 1);', 'pure: no timer: setTimeout('],
  ['setInterval(() => undefined, 1);', 'pure: no timer: setInterval('],
  ['const signal = AbortSignal.timeout(5);', 'pure: no timer: AbortSignal.timeout('],
  ["const answer = fetch('http://127.0.0.1');", 'pure: no network: fetch('],
])('the core may not say: %s', (code, rule) => {
  plant('lib/core/a.ts', '/** Not what a comment says: Date.now(), process.env. */', code);
  expect(seen()).toEqual([`lib/core/a.ts:2 ${rule}`]);
});

test('the core may turn a given instant into a date', () => {
  plant('lib/core/a.ts', 'export const iso = (ms: number) => new Date(ms).toISOString();');
  expect(seen()).toEqual([]);
});

test('the environment is read in one place', () => {
  plant('lib/adapters/env.ts', 'export const source = process.env;');
  plant('lib/adapters/other.ts', 'export const home = process.env.HOME;');
  expect(seen()).toEqual(['lib/adapters/other.ts:1 environment: process.env']);
});

test('a circle of imports is told with the way round, once', () => {
  plant('lib/core/a.ts', "import { b } from './b.ts';");
  plant('lib/core/b.ts', "import type { C } from '#core/c.ts';");
  plant('lib/core/c.ts', "import { a } from './a.ts';");
  expect(seen()).toEqual([
    'lib/core/a.ts:1 cycle: lib/core/a.ts → lib/core/b.ts → lib/core/c.ts → lib/core/a.ts',
  ]);
});
