import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url));
const parts = ['bin', 'cdk.json', 'lambdas', 'lib', 'package.json', 'prompts', 'worker-image'];
const run = promisify(execFile);

const price =
  'price: { input: 2, output: 10, cacheWrite: 2.5, cacheRead: 0.1 }, date: 2026-11-20, source: a test';

export interface PricedAssembly {
  assemblyDir(settings: object): Promise<string>;
  remove(): void;
}

/**
 * What somebody deploys who writes the prices of their agreement with AWS into models.yaml: a copy of the
 * sources, the two commands that its comments name, and the app's own synthesis.
 */
export async function makePricedAssembly(): Promise<PricedAssembly> {
  const root = mkdtempSync(join(tmpdir(), 'muster-priced-'));
  for (const part of parts) cpSync(join(repositoryRoot, part), join(root, part), { recursive: true });
  symlinkSync(join(repositoryRoot, 'node_modules'), join(root, 'node_modules'));
  const models = join(root, 'prompts/models.yaml');
  const yaml = readFileSync(models, 'utf8');
  writeFileSync(models, yaml.replace(/(provider: (anthropic-aws|bedrock), .*) }/g, `$1, ${price} }`));
  const env = { PATH: process.env.PATH, HOME: process.env.HOME };
  await run(process.execPath, ['lib/cli/write-models.ts'], { cwd: root, env });
  const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8'));
  return {
    async assemblyDir(settings) {
      const outdir = mkdtempSync(join(root, 'out-'));
      const CDK_CONTEXT_JSON = JSON.stringify({ ...context, 'muster.settings': settings });
      const given = { ...env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON };
      await run(process.execPath, ['bin/app.ts'], { cwd: root, env: given });
      return outdir;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
