import { join } from 'node:path';
import { AssetStaging } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import type { Settings } from '#contracts/settings.ts';
import { repositoryRoot } from './build.ts';
import { bundled } from './bundle.ts';
import { bundleOf } from './bundles.ts';

const source = join(repositoryRoot, 'worker-image');

/** The worker's image: `worker-image/Dockerfile` around the bundled worker. Docker is called at deploy, not at synth. */
export function workerImage(scope: Construct, settings: Settings): ContainerImage {
  const staging = new AssetStaging(scope, 'Bundle', {
    sourcePath: source,
    ...bundled('worker', () => bundleOf('worker')),
  });
  return ContainerImage.fromAsset(staging.absoluteStagedPath, {
    platform: settings.architecture === 'arm64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64,
    buildArgs: { BASE_IMAGE: settings.workerBaseImage },
  });
}
