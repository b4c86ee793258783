import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildOptions } from 'esbuild';
import { build, type Files, repositoryRoot } from './build.ts';

/** The files of `lambdas/`, without their endings. */
const entries = [
  'orchestrator',
  'runs',
  'steps',
  'worker-api',
  'dispatcher',
  'reconciler',
  'stream',
  'webhooks',
  'schedules',
] as const;
/** Loads a provider's SDK when a job needs it, so it comes in chunks. */
const splitEntry = 'function-worker';
export type FunctionEntry = (typeof entries)[number] | typeof splitEntry;

/** What is bundled: each function, and the worker of the image. */
export type BundleName = FunctionEntry | 'worker';

/**
 * Ways to credentials that a function never goes: Lambda puts its own into the environment, where the SDK looks
 * first, and the SDK loads the others only after that.
 */
const elsewhere = [
  ...['http', 'ini', 'login', 'process', 'sso', 'web-identity'].map(
    (name) => `@aws-sdk/credential-provider-${name}`,
  ),
  // The metadata service of a virtual machine.
  '@smithy/credential-provider-imds',
];

/**
 * For workers: chunks, so that each provider's SDK loads when a job needs that provider. Left out is what the SDKs
 * would look for credentials of AWS with, if they were not given any.
 */
const workerBuild: BuildOptions = {
  splitting: true,
  chunkNames: 'chunk-[hash]',
  external: ['@aws-sdk/credential-providers'],
};

/** One run for all of them: what they share is parsed once, which halves the time. */
async function buildFunctions(): Promise<[BundleName, Files][]> {
  const entryPoints = entries.map((entry) => [`${entry}/index`, `lambdas/${entry}.ts`]);
  const all = await build(Object.fromEntries(entryPoints), {
    // CommonJS loads a good tenth faster than the same bundle as an ES module (`npm run bench`).
    format: 'cjs',
    external: elsewhere,
    outExtension: { '.js': '.cjs' },
    sourcemap: 'linked',
    sourcesContent: false,
  });
  return entries.map((entry) => [entry, filesBelow(`${entry}/`, all)]);
}

function filesBelow(folder: string, all: Files): Files {
  const own = Object.entries(all).filter(([path]) => path.startsWith(folder));
  return Object.fromEntries(own.map(([path, text]) => [path.slice(folder.length), text]));
}

/** Only ES modules can be split. */
async function buildSplit(): Promise<[BundleName, Files]> {
  return [splitEntry, await build({ index: `lambdas/${splitEntry}.ts` }, workerBuild)];
}

const image = 'worker-image';

async function buildWorker(): Promise<[BundleName, Files]> {
  const names = ['main', 'heartbeat', 'sandbox-helper'];
  const [files, Dockerfile] = await Promise.all([
    build(Object.fromEntries(names.map((name) => [name, `${image}/${name}.ts`])), workerBuild),
    readFile(join(repositoryRoot, image, 'Dockerfile'), 'utf8'),
  ]);
  return ['worker', { ...files, Dockerfile }];
}

let made: ReadonlyMap<BundleName, Files> | undefined;

/** Makes all bundles, in esbuild's own process: whoever does not wait at once loads something else meanwhile. */
export async function makeBundles(): Promise<void> {
  const [functions, split, worker] = await Promise.all([buildFunctions(), buildSplit(), buildWorker()]);
  made = new Map([...functions, split, worker]);
}

/** The files of a bundle. Throws before `makeBundles` is over. */
export function bundleOf(name: BundleName): Files {
  const files = made?.get(name);
  if (!files)
    throw new Error(`the bundle "${name}" is not made: wait for makeBundles() before the app is synthesized`);
  return files;
}
