import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { build, bundled, type Files, repositoryRoot, workerBuild } from './bundle.ts';

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
] as const;
/** Loads a provider's SDK when a job needs it, so it comes in chunks. */
const splitEntry = 'function-worker';
export type FunctionEntry = (typeof entries)[number] | typeof splitEntry;

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

/** One run for all of them: what they share is parsed once, which halves the time. */
let all: Files | undefined;

function buildAll(): Files {
  const entryPoints = entries.map((entry) => [`${entry}/index`, `lambdas/${entry}.ts`]);
  return build(Object.fromEntries(entryPoints), {
    // CommonJS loads a good tenth faster than the same bundle as an ES module (`npm run bench`).
    format: 'cjs',
    external: elsewhere,
    outExtension: { '.js': '.cjs' },
    sourcemap: 'linked',
    sourcesContent: false,
  });
}

/** Only ES modules can be split. */
function buildSplit(): Files {
  return build({ index: `lambdas/${splitEntry}.ts` }, workerBuild);
}

function filesOf(entry: FunctionEntry): Files {
  if (entry === splitEntry) return buildSplit();
  all ??= buildAll();
  const prefix = `${entry}/`;
  const own = Object.entries(all).filter(([path]) => path.startsWith(prefix));
  return Object.fromEntries(own.map(([path, text]) => [path.slice(prefix.length), text]));
}

/**
 * The bundle of one function: `index.cjs` with the SDK in it, and a map without the sources; or `index.mjs` and its
 * chunks.
 *
 * @param beside further files of the asset
 */
export function functionCode(entry: FunctionEntry, beside: Files = {}): Code {
  return Code.fromAsset(
    join(repositoryRoot, 'lambdas'),
    bundled(entry, () => ({ ...filesOf(entry), ...beside })),
  );
}
