import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url));
const cacheDir = join(tmpdir(), `muster-assemblies-${userInfo().uid}`);

/** All that an assembly is made of. The local cloud and the command line only read it. */
const sources = [
  'bin/app.ts',
  'cdk.json',
  'package-lock.json',
  'lambdas',
  'lib/adapters',
  'lib/constructs',
  'lib/contracts',
  'lib/core',
  'lib/stacks',
  'prompts',
  'worker-image',
];

/** A synth that takes longer has died and left its turn behind. */
const turnMs = 90_000;
const keptMs = 24 * 3_600_000;

/**
 * The cloud assembly of the app under these settings, synthesized by the real `bin/app.ts` in a process of its
 * own. Kept by the digest of sources and settings: test files that run side by side, and the next run, share it.
 */
export async function assemblyOf(settings: object): Promise<string> {
  const dir = join(cacheDir, digestOf(settings));
  const turn = `${dir}.turn`;
  mkdirSync(cacheDir, { recursive: true, mode: 0o700 });
  while (!existsSync(dir)) {
    if (!takesTurn(turn)) {
      await delay(100);
      continue;
    }
    try {
      if (!existsSync(dir)) await synthesizeInto(dir, settings);
    } finally {
      rmSync(turn, { recursive: true, force: true });
    }
  }
  return dir;
}

function takesTurn(turn: string): boolean {
  try {
    mkdirSync(turn);
    return true;
  } catch {
    const sinceMs = statSync(turn, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - sinceMs > turnMs) rmSync(turn, { recursive: true, force: true });
    return false;
  }
}

/** Aside first, then renamed: nobody ever sees half an assembly. */
async function synthesizeInto(dir: string, settings: object): Promise<void> {
  forgetOld();
  const aside = `${dir}.${process.pid}`;
  const { context } = JSON.parse(readFileSync(join(repositoryRoot, 'cdk.json'), 'utf8'));
  await promisify(execFile)(process.execPath, ['bin/app.ts'], {
    cwd: repositoryRoot,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      CDK_OUTDIR: aside,
      // The test of the app has it.
      CDK_VALIDATION: 'false',
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, 'muster.settings': settings }),
    },
  });
  renameSync(aside, dir);
}

function forgetOld(): void {
  for (const name of readdirSync(cacheDir)) {
    const path = join(cacheDir, name);
    const sinceMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - sinceMs > keptMs) rmSync(path, { recursive: true, force: true });
  }
}

function digestOf(settings: object): string {
  const hash = createHash('sha256').update(JSON.stringify(settings));
  for (const source of sources) {
    for (const file of filesUnder(join(repositoryRoot, source))) hash.update(file).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 32);
}

function filesUnder(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
