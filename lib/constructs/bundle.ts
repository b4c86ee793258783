import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DockerImage, type ILocalBundling } from 'aws-cdk-lib';
import type { AssetOptions } from 'aws-cdk-lib/aws-s3-assets';
import { AssetHashType } from 'aws-cdk-lib/core';
import type { Files } from './build.ts';

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
