import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { type Files, repositoryRoot } from './build.ts';
import { bundled } from './bundle.ts';
import { bundleOf, type FunctionEntry } from './bundles.ts';

/**
 * The bundle of one function: `index.cjs` with the SDK in it, and a map without the sources; or `index.mjs` and its
 * chunks.
 *
 * @param beside further files of the asset
 */
export function functionCode(entry: FunctionEntry, beside: Files = {}): Code {
  return Code.fromAsset(
    join(repositoryRoot, 'lambdas'),
    bundled(entry, () => ({ ...bundleOf(entry), ...beside })),
  );
}
