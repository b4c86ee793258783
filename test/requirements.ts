import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

const missing = z.string().min(1);
const title = z.string().min(1);
const list = z.record(
  z.string().regex(/^[A-E]\d{1,2}$/),
  z.discriminatedUnion('status', [
    /** Tests prove all of it. */
    z.strictObject({ title, status: z.literal('shown') }),
    /** Tests prove a part; `missing` says which part they do not. */
    z.strictObject({ title, status: z.literal('partly'), missing }),
    /** Nothing of it is there. */
    z.strictObject({ title, status: z.literal('missing'), missing: missing.optional() }),
  ]),
);
export type Requirements = z.infer<typeof list>;

/** The names of tests that claim an id, and the files that they are in. */
export type Claims = ReadonlyMap<string, readonly string[]>;

export interface TestSource {
  path: string;
  text: string;
}

/** Tests that do not run, or that are expected to fail, prove nothing. */
const notRun =
  /\b(?:x(?:test|it|describe)|(?:test|it|describe)(?:\.\w+)*\.(?:skip|todo|failing))\b[^'"`]*(['"`])(?:(?!\1)[\s\S])*\1/g;
const comments = /^[ \t]*\/\*[\s\S]*?\*\/|^[ \t]*\/\/.*$/gm;

/** An id in brackets inside of a string: `'cancels [A8] [A9]'`, also in a template or in a row of a table. */
const quoted = /(['"`])(?:(?!\1)[^\n])*\1/g;
const tag = /\[([A-Z]\d{1,2})\]/g;

export function readClaims(sources: readonly TestSource[]): Claims {
  const claims = new Map<string, string[]>();
  for (const { path, text } of sources) {
    const code = text.replace(comments, '').replace(notRun, '');
    for (const [name] of code.matchAll(quoted)) {
      for (const [, id = ''] of name.matchAll(tag)) claims.set(id, [...(claims.get(id) ?? []), path]);
    }
  }
  return claims;
}

/** What the list and the tests say differently, one sentence each. */
export function judge(requirements: Requirements, claims: Claims): string[] {
  const unknown = [...claims.keys()].filter((id) => !Object.hasOwn(requirements, id));
  const faults = unknown.map((id) => `${id}: ${claims.get(id)?.[0]} names it; the list has no such id`);
  for (const [id, { status }] of Object.entries(requirements)) {
    const count = claims.get(id)?.length ?? 0;
    if (status !== 'missing' && count === 0) faults.push(`${id}: said to be ${status}; no test names it`);
    if (status === 'missing' && count > 0) {
      faults.push(
        `${id}: said to be missing; ${claims.get(id)?.[0]} names it: say "partly", and what is not`,
      );
    }
  }
  return faults;
}

/** One line for each id, and one for what is missing of it. */
export function toTable(requirements: Requirements, claims: Claims): string {
  const titles = Object.values(requirements).map((row) => row.title);
  const width = Math.max(...['requirement', ...titles].map((text) => text.length));
  const lines = Object.entries(requirements).flatMap(([id, row]) => {
    const files = claims.get(id) ?? [];
    const proof = files.length > 0 ? `${String(files.length).padStart(3)}  ${files[0]}` : '  –';
    const line = `${id.padEnd(4)}${row.title.padEnd(width + 2)}${row.status.padEnd(9)}${proof}`;
    return 'missing' in row && row.missing ? [line, `      not yet: ${row.missing}`] : [line];
  });
  const heading = `${'id'.padEnd(4)}${'requirement'.padEnd(width + 2)}${'status'.padEnd(9)}tests  the first of them`;
  return [heading, ...lines, '', countByStatus(requirements)].join('\n');
}

function countByStatus(requirements: Requirements): string {
  const rows = Object.values(requirements);
  const count = (status: string) => rows.filter((row) => row.status === status).length;
  return `${rows.length} requirements: ${count('shown')} shown, ${count('partly')} partly, ${count('missing')} missing`;
}

export function readRequirements(file: string): Requirements {
  return list.parse(JSON.parse(readFileSync(file, 'utf8')));
}

function readTests(folder: string): TestSource[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const tests = names.filter((name) => name.endsWith('.test.ts'));
  return tests.map((name) => ({ path: `test/${name}`, text: readFileSync(join(folder, name), 'utf8') }));
}

/** Prints the table; ends with 1 where the list and the tests disagree. */
function main(root: string): void {
  const requirements = readRequirements(join(root, 'docs/requirements.json'));
  const claims = readClaims(readTests(join(root, 'test')));
  console.log(toTable(requirements, claims));
  const faults = judge(requirements, claims);
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
}

if (import.meta.main) main(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));
