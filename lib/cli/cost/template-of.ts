import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stackName } from '#contracts/settings.ts';
import type { TemplateResources } from '#core/money/idle-quantity.ts';
import { synthesize } from '../local/synthesize.ts';

const patienceMs = 120_000;
/** `prod` asks who may do what. Access costs nothing, so anybody will do. */
const someAccess = { 'arn:aws:iam::111122223333:role/anybody': { projects: ['any'] } };

/** The resources that `cdk deploy` would make under cdk.json's settings, in this profile or in theirs. */
export async function templateOf(profile: 'dev' | 'prod' | undefined): Promise<TemplateResources> {
  const outputDir = await mkdtemp(join(tmpdir(), 'muster-cost-'));
  try {
    const settings = profile === undefined ? {} : { profile };
    const access = profile === 'prod' ? { access: someAccess } : {};
    const signal = AbortSignal.timeout(patienceMs);
    await synthesize({ outputDir, settings: { ...settings, ...access }, bundles: false, signal });
    const text = await readFile(join(outputDir, `${stackName}.template.json`), 'utf8');
    return (JSON.parse(text) as { Resources: TemplateResources }).Resources;
  } finally {
    await rm(outputDir, { recursive: true, force: true });
  }
}
