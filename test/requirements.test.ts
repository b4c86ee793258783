import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { judge, type Requirements, readClaims, toTable } from './requirements.ts';

const script = fileURLToPath(new URL('./requirements.ts', import.meta.url));

/** Written so, the names below claim nothing for this file. */
function named(name: string, ...ids: string[]): string {
  return [name, ...ids.map((id) => `[${id}]`)].join(' ');
}

function claimsIn(text: string) {
  return Object.fromEntries(readClaims([{ path: 'test/a.test.ts', text }]));
}

describe('a claim', () => {
  test.each([
    ['a test', `test('${named('works', 'A1')}', () => {});`],
    ['a test by its other name', `it("${named('works', 'A1')}", () => {});`],
    ['a template', `test(\`${named('works', 'A1')} on \${place}\`, () => {});`],
    ['a table’s name', `test.each([['x']])('${named('%s works', 'A1')}', () => {});`],
    ['a row of a table', `test.each([['${named('first', 'A1')}']])('%s', () => {});`],
    ['a group', `describe('${named('jobs', 'A1')}', () => {});`],
  ])('is the id in the name of %s', (_what, text) => {
    expect(claimsIn(text)).toEqual({ A1: ['test/a.test.ts'] });
  });

  test('may be one of several in a name', () => {
    expect(Object.keys(claimsIn(`test('${named('works', 'A1', 'B12')}', () => {});`))).toEqual(['A1', 'B12']);
  });

  test.each([
    ['a comment', `// test('${named('works', 'A1')}')`],
    ['a longer comment', `/*\n * '${named('works', 'A1')}'\n */`],
    ['a skipped test', `test.skip('${named('works', 'A1')}', () => {});`],
    ['a test that is to be written', `test.todo('${named('works', 'A1')}');`],
    ['a test that is expected to fail', `test.failing('${named('works', 'A1')}', () => {});`],
    ['code', `const row = table${named('', 'A1').trim()};`],
  ])('is not made by %s', (_what, text) => {
    expect(claimsIn(text)).toEqual({});
  });
});

describe('the gate', () => {
  const requirements: Requirements = {
    A1: { title: 'Jobs', status: 'shown' },
    A2: { title: 'Workers', status: 'partly', missing: 'Fargate.' },
    A3: { title: 'Teams', status: 'missing' },
  };

  test('passes where every claim has its test, and prints what is missing', () => {
    const claims = new Map([
      ['A1', ['test/a.test.ts', 'test/b.test.ts']],
      ['A2', ['test/b.test.ts']],
    ]);
    expect(judge(requirements, claims)).toEqual([]);
    expect(toTable(requirements, claims)).toBe(
      [
        'id  requirement  status   tests  the first of them',
        'A1  Jobs         shown      2  test/a.test.ts',
        'A2  Workers      partly     1  test/b.test.ts',
        '      not yet: Fargate.',
        'A3  Teams        missing    –',
        '',
        '3 requirements: 1 shown, 1 partly, 1 missing',
      ].join('\n'),
    );
  });

  test('names an id that is claimed and that no test proves', () => {
    expect(judge(requirements, new Map([['A1', ['test/a.test.ts']]]))).toEqual([
      'A2: said to be partly; no test names it',
    ]);
  });

  test('names an id that is said to be missing and that a test proves', () => {
    const claims = new Map(['A1', 'A2', 'A3'].map((id) => [id, ['test/a.test.ts']]));
    expect(judge(requirements, claims)).toEqual([
      'A3: said to be missing; test/a.test.ts names it: say "partly", and what is not',
    ]);
  });

  test('names an id that is not in the list', () => {
    const claims = new Map(['A1', 'A2', 'Z9'].map((id) => [id, ['test/a.test.ts']]));
    expect(judge(requirements, claims)).toEqual(['Z9: test/a.test.ts names it; the list has no such id']);
  });
});

describe('the command', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'requirements-'));
    mkdirSync(join(root, 'docs'));
    mkdirSync(join(root, 'test'));
    plantList({ A1: { title: 'Jobs', status: 'shown' } });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function plantList(requirements: unknown): void {
    writeFileSync(join(root, 'docs/requirements.json'), JSON.stringify(requirements));
  }

  function plantTest(...ids: string[]): void {
    writeFileSync(join(root, 'test/a.test.ts'), `test('${named('works', ...ids)}', () => {});\n`);
  }

  function run() {
    return spawnSync(process.execPath, [script, root], { encoding: 'utf8' });
  }

  test('ends with 0 where list and tests agree', () => {
    plantTest('A1');
    expect(run()).toMatchObject({ status: 0, stderr: '' });
  });

  test('ends with 1 for a planted id that nothing proves', () => {
    plantList({ A1: { title: 'Jobs', status: 'shown' }, A2: { title: 'Workers', status: 'shown' } });
    plantTest('A1');
    expect(run()).toMatchObject({ status: 1, stderr: 'A2: said to be shown; no test names it\n' });
  });

  test('ends with 1 for a planted test of an id that is in no list', () => {
    plantTest('A1', 'Z9');
    expect(run()).toMatchObject({ status: 1, stderr: expect.stringContaining('Z9') });
  });
});
