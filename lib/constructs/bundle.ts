import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DockerImage, type ILocalBundling } from 'aws-cdk-lib';
import type { AssetOptions } from 'aws-cdk-lib/aws-s3-assets';
import { AssetHashType } from 'aws-cdk-lib/core';
import { type BuildOptions, buildSync } from 'esbuild';

export const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url));

/** Texts by the path that they get in the asset. */
export type Files = Readonly<Record<string, string>>;

/** Nothing is written here; paths inside source maps count from it, so that they are the same everywhere. */
const outdir = 'dist';

/** What esbuild makes of the entry points, which are named as the files are to be named. */
export function build(entryPoints: Readonly<Record<string, string>>, options: BuildOptions = {}): Files {
  const { outputFiles } = buildSync({
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // The SDK's ES modules shrink by a third where its CommonJS ones do not.
    mainFields: ['module', 'main'],
    outExtension: { '.js': '.mjs' },
    legalComments: 'none',
    logLevel: 'error',
    absWorkingDir: repositoryRoot,
    outdir,
    ...options,
    entryPoints: { ...entryPoints },
    write: false,
  });
  const root = join(repositoryRoot, outdir);
  return Object.fromEntries(outputFiles.map(({ path, text }) => [relative(root, path), text]));
}

/**
 * For workers: chunks, so that each provider's SDK loads when a job needs that provider. Left out is what the SDKs
 * would look for credentials of AWS with, if they were not given any.
 */
export const workerBuild: BuildOptions = {
  splitting: true,
  chunkNames: 'chunk-[hash]',
  external: ['@aws-sdk/credential-providers'],
};

class LocalBundling implements ILocalBundling {
  /** CDK tells bundlings of the same folder apart by their fields. */
  readonly name: string;
  readonly #files: () => Files;

  constructor(name: string, files: () => Files) {
    this.name = name;
    this.#files = files;
  }

  tryBundle(outputDir: string): boolean {
    for (const [path, text] of Object.entries(this.#files())) {
      const target = join(outputDir, path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text);
    }
    return true;
  }
}

/** For `Code.fromAsset` and `AssetStaging`: made in this process, never in Docker, hashed by what came out. */
export function bundled(name: string, files: () => Files): AssetOptions {
  return {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: DockerImage.fromRegistry('bundling-needs-no-docker'),
      local: new LocalBundling(name, files),
    },
  };
}
