import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { alarmRows, runbookPage } from '../../lib/constructs/alarms.ts';
import { errorCodes, errors } from '../../lib/contracts/errors.ts';
import { jobStatuses } from '../../lib/contracts/job-states.ts';
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
  const page = read('docs/errors.md');

  test('has one line for every code, with the anchor that answers point to', () => {
    const documented = [...page.matchAll(/^\| <a id="(\w+)"><\/a>`(\w+)` \|/gm)].map(([, id, code]) => [
      id,
      code,
    ]);
    expect(documented.toSorted()).toEqual(errorCodes.map((code) => [code, code]).toSorted());
  });

  test('gives every code its own status and exit code', () => {
    for (const [, code = '', status] of page.matchAll(
      /^\| <a id="\w+"><\/a>`(\w+)` \| (\d{3}) \| \d \|/gm,
    ))
      expect([code, status]).toEqual([code, String(errors[code as keyof typeof errors].status)]);
    for (const [, code = '', exitCode] of page.matchAll(
      /^\| <a id="\w+"><\/a>`(\w+)` \|(?: \d{3} \|)? (\d) \|/gm,
    ))
      expect([code, exitCode]).toEqual([code, String(errors[code as keyof typeof errors].exitCode)]);
  });
});

test('every alarm has its runbook where its text says', () => {
  const rows = alarmRows(settings.parse({}));
  expect(anchorsOf(runbookPage)).toEqual(expect.arrayContaining(rows.map(({ id }) => id.toLowerCase())));
});

test('every route is in the guide to the API', () => {
  const page = read('docs/guides/http-api.md');
  const missing = Object.values(routes).filter(({ method, path }) => !page.includes(`\`${method} ${path}\``));
  expect(missing).toEqual([]);
});

test('every setting is in the README', () => {
  const documented = [...read('README.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(documented).toEqual(expect.arrayContaining(Object.keys(settings.in.shape)));
});

test('every state of a job is in the guide to jobs', () => {
  const page = read('docs/guides/jobs.md');
  expect(jobStatuses.filter((status) => !page.includes(`\`${status}\``))).toEqual([]);
});

test('decisions are numbered without a gap', () => {
  const numbers = readdirSync(join(repository, 'docs/decisions'))
    .sort()
    .map((name) => Number(name.slice(0, 4)));
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
});
