import { execFile } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { childEnvironment } from '#adapters/env.ts';
import { repositoryRoot } from '../local/synthesize.ts';
import { type Check, fail, ok, warn } from './finding.ts';

const oldestNode = 24;
/** `aws-cdk` 3.0.0 on npm is an old build published by accident; it cannot read what aws-cdk-lib 2 writes. */
const brokenCdk = 3;

export const checkNode: Check = async () => {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= oldestNode) return ok('Node.js', process.version);
  return fail(
    'Node.js',
    `${process.version}; ${oldestNode} or newer is needed`,
    'run through npm: npm run -s muster',
  );
};

export const checkCdk: Check = async () => {
  const own = ownVersion();
  if (own === undefined) return fail('CDK', 'aws-cdk is not installed here', 'npm ci');
  if (majorOf(own) >= brokenCdk)
    return fail(
      'CDK',
      `aws-cdk ${own} in node_modules cannot deploy this stack`,
      'npm ci (package-lock.json names the right one)',
    );
  const other = await otherVersion();
  if (other && majorOf(other.version) >= brokenCdk) {
    return warn(
      'CDK',
      `${own} here, but ${other.path} is ${other.version}, which would fail`,
      'use npx cdk, or: npm uninstall -g aws-cdk',
    );
  }
  return ok('CDK', own);
};

function ownVersion(): string | undefined {
  const file = join(repositoryRoot, 'node_modules', 'aws-cdk', 'package.json');
  if (!existsSync(file)) return undefined;
  return String((JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown }).version);
}

/** The first `cdk` on the path that is not ours: what a plain `cdk deploy` would run. */
async function otherVersion(): Promise<{ path: string; version: string } | undefined> {
  const folders = (childEnvironment({}).PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const path = folders.map((folder) => join(folder, 'cdk')).find((file) => existsSync(file) && !isOurs(file));
  if (path === undefined) return undefined;
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 10_000 });
    return { path, version: stdout.trim() };
  } catch {
    // It does not run, so nobody deploys with it either.
    return undefined;
  }
}

function isOurs(file: string): boolean {
  return realpathSync(file).startsWith(`${realpathSync(repositoryRoot)}${sep}`);
}

function majorOf(version: string): number {
  return Number(/^\d+/.exec(version)?.[0] ?? 0);
}
