import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DockerImage, type ILocalBundling } from 'aws-cdk-lib';
import type { AssetOptions } from 'aws-cdk-lib/aws-s3-assets';
import { AssetHashType } from 'aws-cdk-lib/core';
import { type BuildOptions, buildSync } from 'esbuild';

export const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url));

/** Some packages still call `require`, which an ES module does not have. */
const requireBanner =
  "import{createRequire as musterRequire}from'node:module';const require=musterRequire(import.meta.url);";

const common = {
  bundle: true,
  minify: true,
  // Names show in error reports and in logs.
  keepNames: false,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // The SDK's ES modules shrink by a third where its CommonJS ones do not.
  mainFields: ['module', 'main'],
  outExtension: { '.js': '.mjs' },
  banner: { js: requireBanner },
  legalComments: 'none',
  logLevel: 'error',
  absWorkingDir: repositoryRoot,
  // Nothing is written here: the paths inside source maps must not depend on where the assembly goes.
  outdir: 'dist',
} as const satisfies BuildOptions;

/** Bundles with esbuild, in this process, into the folder that CDK names. Bundles are the same on every machine. */
export class Bundle implements ILocalBundling {
  /** CDK tells bundlings apart by their fields, so what is bundled must be one. */
  readonly options: BuildOptions;
  readonly #extraFiles: Readonly<Record<string, () => string>>;

  constructor(options: BuildOptions, extraFiles: Readonly<Record<string, () => string>> = {}) {
    this.options = options;
    this.#extraFiles = extraFiles;
  }

  tryBundle(outputDir: string): boolean {
    const { outputFiles } = buildSync({ ...common, ...this.options, write: false });
    for (const file of outputFiles) {
      write(join(outputDir, relative(join(repositoryRoot, common.outdir), file.path)), file.text);
    }
    for (const [name, text] of Object.entries(this.#extraFiles)) write(join(outputDir, name), text());
    return true;
  }
}

/** For `Code.fromAsset` and `AssetStaging`: bundle here, never in Docker, and hash what came out. */
export function bundled(bundle: Bundle): AssetOptions {
  return {
    assetHashType: AssetHashType.OUTPUT,
    bundling: { image: DockerImage.fromRegistry('bundling-needs-no-docker'), local: bundle },
  };
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
