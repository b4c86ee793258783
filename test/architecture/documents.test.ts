import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { alarmRows } from '../../lib/constructs/alarms.ts';
import { type ErrorCode, errorCodes, errors } from '../../lib/contracts/errors.ts';
import { jobTransitions } from '../../lib/contracts/job-states.ts';
import { routes } from '../../lib/contracts/routes.ts';
import { settings } from '../../lib/contracts/settings.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

function read(path: string): string {
  return readFileSync(join(repository, path), 'utf8');
}

const pages = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(join(repository, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path)),
];

/** GitHub's anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

function anchorsOf(page: string): string[] {
  const text = read(page);
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
  return [...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)];
}

describe('links', () => {
  test.each(pages)('of %s lead to something', (page) => {
    const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    for (const link of links.filter((target) => !/^https?:/.test(target))) {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      expect([link, existsSync(join(repository, target))]).toEqual([link, true]);
      if (anchor !== undefined) expect(anchorsOf(target)).toContain(anchor);
    }
  });
});

describe('the page of errors', () => {
  /** Rows of tables, cells trimmed, that begin with an anchor and a code. */
  const rows = read('docs/errors.md')
    .split('\n')
    .filter((line) => line.startsWith('| <a id='))
    .map((line) => {
      const [, first = '', ...cells] = line.split('|').map((cell) => cell.trim());
      const [, id, code] = /^<a id="(\w+)"><\/a>`(\w+)`$/.exec(first) ?? [];
      return { id, code, numbers: cells.filter((cell) => /^\d+$/.test(cell)).map(Number) };
    });

  test('has one line for every code, with the anchor that answers point to', () => {
    const documented = rows.map(({ id, code }) => [id, code]);
    expect(documented.toSorted()).toEqual(errorCodes.map((code) => [code, code]).toSorted());
  });

  test('gives every code its own exit code, and its status where it is that of an answer', () => {
    for (const { code, numbers } of rows) {
      const { status, exitCode } = errors[code as ErrorCode];
      expect([code, ...numbers]).toEqual([code, ...(numbers.length > 1 ? [status] : []), exitCode]);
    }
  });
});

test('every alarm has its runbook, which the index names [A10]', () => {
  const rows = alarmRows({ ...settings.parse({}), profile: 'prod' });
  const index = read('docs/alarms.md');
  for (const { id, runbook, says, command } of rows) {
    expect(index).toContain(`[${id}](${runbook.replace('docs/', '')})`);
    expect(read(runbook)).toContain(says);
    expect(read(runbook)).toContain(command);
  }
});

test('every route is in the guide to the API', () => {
  const page = read('docs/guides/http-api.md');
  const missing = Object.values(routes).filter(({ method, path }) => !page.includes(`\`${method} ${path}\``));
  expect(missing).toEqual([]);
});

test('every setting is in the README', () => {
  const documented = [...read('README.md').matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name);
  expect(documented).toEqual(expect.arrayContaining(Object.keys(settings.in.shape)));
});

test('the guide to jobs has every state, and every way out of it', () => {
  const rows = read('docs/guides/jobs.md').matchAll(/^\| `([A-Z_]+)` +\|[^|]+\|([^|]*)\|$/gm);
  const documented = [...rows].map(([, state = '', ways = '']) => [
    state,
    [...ways.matchAll(/`(\w+)`/g)].map(([, way = '']) => way).toSorted(),
  ]);
  const table = Object.entries(jobTransitions).map(([state, ways]) => [state, [...ways].sort()]);
  expect(documented).toEqual(table);
});

test('decisions are numbered without a gap', () => {
  const numbers = readdirSync(join(repository, 'docs/decisions'))
    .sort()
    .map((name) => Number(name.slice(0, 4)));
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
});
