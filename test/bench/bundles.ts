import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { functionWorkerId } from '../../lib/contracts/settings.ts';
import { median, type Row } from './measure.ts';

/** Runs `node -e` in fresh processes and returns what each printed as milliseconds. */
function importMs(file: string, env: Record<string, string>, times: number): number[] {
  const script = `const from = performance.now(); await import(${JSON.stringify(file)}); console.log(performance.now() - from); process.exit(0)`;
  return Array.from({ length: times }, () =>
    Number(
      execFileSync(process.execPath, ['--input-type=module', '-e', script], {
        env: { ...env, PATH: '/usr/bin:/bin' },
      }),
    ),
  );
}

interface Resource {
  Type: string;
  Properties: {
    Description?: string;
    Code?: { S3Key?: string };
    Environment?: { Variables: Record<string, unknown> };
  };
}

function synthesize(outdir: string): number {
  const context = JSON.stringify(
    (JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: unknown }).context,
  );
  const from = performance.now();
  execFileSync(process.execPath, ['bin/app.ts'], {
    env: { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: context },
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  return (performance.now() - from) / 1000;
}

/** Intrinsics do not matter to an import; any text will do, a number where a number is parsed. */
function plainEnvironment(variables: Record<string, unknown>): Record<string, string> {
  const entries = Object.entries(variables).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : 'x',
  ]);
  return { ...Object.fromEntries(entries), AWS_REGION: 'us-east-1' };
}

export function benchBundles(): Row[] {
  const outdir = mkdtempSync(join(tmpdir(), 'muster-synth-'));
  try {
    synthesize(outdir);
    const seconds = median([synthesize(outdir), synthesize(outdir), synthesize(outdir)]);
    const cli = median([1, 2, 3].map(() => cdkSynthSeconds(outdir)));
    const template = JSON.parse(readFileSync(join(outdir, 'Muster.template.json'), 'utf8')) as {
      Resources: Record<string, Resource>;
    };
    const rows = Object.entries(template.Resources)
      .filter(([id, { Type }]) => Type === 'AWS::Lambda::Function' && id.startsWith('Functions'))
      .map(([id, { Properties }]) => bundleRow(outdir, id, Properties));
    return [
      ...rows,
      workerRow(outdir),
      functionWorkerRow(outdir, template.Resources[functionWorkerId]),
      {
        what: 'cdk synth, warm',
        measured: `${cli.toFixed(1)} s (the app alone ${seconds.toFixed(1)} s)`,
        target: '< 6 s',
      },
    ];
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function cdkSynthSeconds(outdir: string): number {
  const from = performance.now();
  execFileSync(
    process.execPath,
    ['node_modules/aws-cdk/bin/cdk', 'synth', '--quiet', '--output', join(outdir, 'cli')],
    { stdio: 'ignore' },
  );
  return (performance.now() - from) / 1000;
}

function bundleRow(outdir: string, id: string, { Code, Environment }: Resource['Properties']): Row {
  const folder = join(outdir, `asset.${Code?.S3Key?.replace('.zip', '') ?? ''}`);
  const file = join(folder, 'index.cjs');
  const bytes = statSync(file).size;
  const env = { ...plainEnvironment(Environment?.Variables ?? {}), LAMBDA_TASK_ROOT: folder };
  const ms = median(importMs(file, env, 15));
  const name = id
    .replace(/^Functions/, '')
    .replace(/[0-9A-F]{8}$/, '')
    .toLowerCase();
  const target = name === 'orchestrator' ? '< 800 KB, < 80 ms' : '';
  return {
    what: `${name}: bundle, import`,
    measured: `${(bytes / 1000).toFixed(0)} KB, ${ms.toFixed(0)} ms`,
    target,
  };
}

/** What loads before the first line of a job; the SDK of its model's provider follows meanwhile. */
function functionWorkerRow(outdir: string, resource: Resource | undefined): Row {
  const folder = join(outdir, `asset.${resource?.Properties.Code?.S3Key?.replace('.zip', '') ?? ''}`);
  const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  const ms = median(importMs(join(folder, 'index.mjs'), {}, 15));
  return {
    what: 'function worker: all its chunks, import',
    measured: `${(bytes / 1000).toFixed(0)} KB, ${ms.toFixed(0)} ms`,
    target: '< 1,500 KB, < 150 ms',
  };
}

function workerRow(outdir: string): Row {
  const folder = readdirSync(outdir).find(
    (name) => name.startsWith('asset.') && readdirSync(join(outdir, name)).includes('Dockerfile'),
  );
  const files = folder ? readdirSync(join(outdir, folder)).filter((name) => name.endsWith('.mjs')) : [];
  const bytes = files.reduce((sum, name) => sum + statSync(join(outdir, folder ?? '', name)).size, 0);
  return {
    what: 'worker: all its chunks',
    measured: `${(bytes / 1000).toFixed(0)} KB`,
    target: '< 1,500 KB',
  };
}
