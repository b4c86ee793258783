import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { repositoryRoot } from '../../lib/constructs/build.ts';
import { cdkContext, prodSettings } from './synthesize.ts';

const root = mkdtempSync(join(tmpdir(), 'muster-app-'));
const canUnshare = spawnSync('unshare', ['--net', 'true']).status === 0;

interface Run {
  code: number | null;
  text: string;
}

/** Runs the app as the CDK toolkit does: without network where the system allows that, and without AWS variables. */
function synth(name: string, settings: unknown, environment: Record<string, string> = {}): Promise<Run> {
  const command = [...(canUnshare ? ['unshare', '--net'] : []), process.execPath, 'bin/app.ts'];
  const child = spawn(command[0] ?? '', command.slice(1), {
    cwd: repositoryRoot,
    env: {
      PATH: '/usr/bin:/bin',
      CDK_OUTDIR: join(root, name),
      CDK_CONTEXT_JSON: JSON.stringify({ ...cdkContext, 'muster.settings': settings }),
      ...environment,
    },
  });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('close', (code) => resolve({ code, text: Buffer.concat(chunks).toString() }));
  });
}

function read(name: string, file: string): string {
  return readFileSync(join(root, name, file), 'utf8');
}

/** Every file of every bundle, by its path in the assembly. */
function bundles(name: string): [string, string][] {
  return readdirSync(join(root, name), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.[cm]js$/.test(path))
    .map((path) => [path, read(name, path)]);
}

const runs: Record<string, Run> = {};

beforeAll(async () => {
  const started = [
    ['dev', synth('dev', {})],
    ['again', synth('again', {}, { CDK_VALIDATION: 'false' })],
    ['prod', synth('prod', JSON.stringify(prodSettings))],
  ] as const;
  for (const [name, run] of started) runs[name] = await run;
}, 120_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the app', () => {
  test.each(['dev', 'prod'])(
    'passes cdk-nag and CDK’s validation in %s, without network or account',
    (name) => {
      expect(runs[name]).toMatchObject({ code: 0 });
      expect(JSON.parse(read(name, 'validation-report.json')).pluginReports).toEqual([]);
    },
  );

  test('makes the same template twice, down to the hashes of its bundles', () => {
    expect(runs.again).toMatchObject({ code: 0 });
    const hashes = (name: string) => Object.keys(JSON.parse(read(name, 'Muster.assets.json')).files).sort();
    expect(hashes('again')).toEqual(hashes('dev'));
    expect(read('again', 'Muster.template.json') === read('dev', 'Muster.template.json')).toBe(true);
  });

  test('says what is wrong with settings, and nothing else', async () => {
    const { code, text } = await synth('wrong', '{"profile":"prd"}');
    expect(code).toBe(1);
    expect(text).toBe(
      'muster.settings has a fault:\n  - profile: Invalid option: expected one of "dev"|"prod" (it is "prd")\n',
    );
  }, 30_000);

  test('makes one stack, so that a plain `cdk deploy` works', () => {
    const { artifacts } = JSON.parse(read('dev', 'manifest.json'));
    const stacks = Object.entries<{ type: string; environment: string }>(artifacts).filter(
      ([, { type }]) => type === 'aws:cloudformation:stack',
    );
    expect(stacks.map(([name, { environment }]) => [name, environment])).toEqual([
      ['Muster', 'aws://unknown-account/unknown-region'],
    ]);
  });

  test.each(['dev', 'prod'])(
    'makes a template in %s that cfn-lint finds nothing in',
    (name) => {
      if (spawnSync('cfn-lint', ['--version']).status !== 0) {
        process.stderr.write('cfn-lint is not on PATH: skipped\n');
        return;
      }
      // W3005: CDK names dependencies that a reference implies already.
      const file = join(root, name, 'Muster.template.json');
      const { stdout } = spawnSync('cfn-lint', ['--ignore-checks', 'W3005', '--', file], {
        encoding: 'utf8',
      });
      expect(stdout).toBe('');
    },
    60_000,
  );
});

describe('bundles', () => {
  test('are those of nine functions and of the worker, which loads its providers lazily', () => {
    const names = bundles('dev').map(([path]) => path.split('/').at(-1));
    expect(names.filter((name) => name === 'index.cjs')).toHaveLength(9);
    expect(names).toContain('main.mjs');
    expect(names).toContain('heartbeat.mjs');
    expect(bundles('dev').find(([path]) => path.endsWith('main.mjs'))?.[1].length).toBeLessThan(100_000);
  });

  test('of functions are below 800 KB', () => {
    const sizes = bundles('dev').filter(([path]) => path.endsWith('index.cjs'));
    for (const [, text] of sizes) expect(text.length).toBeLessThan(800_000);
  });

  test('of workers are below 1.3 MB with all their chunks', () => {
    const folders = Map.groupBy(
      bundles('dev').filter(([path]) => path.endsWith('.mjs')),
      ([path]) => path.split('/').at(-2),
    );
    const sizes = [...folders.values()].map((files) =>
      files.reduce((sum, [, text]) => sum + Buffer.byteLength(text), 0),
    );
    // The image's files lie there twice: as they were built, and as they are sent to Docker.
    expect(sizes).toHaveLength(3);
    for (const bytes of sizes) expect(bytes).toBeLessThan(1_300_000);
  });

  test('need no `require`, which ES modules do not have', () => {
    expect(bundles('dev').filter(([, text]) => text.includes('Dynamic require of'))).toEqual([]);
  });

  test('and template know nothing of the offline model but the header that names it [A6]', () => {
    const offline = /offline-model|[A-Z_]*OFFLINE[A-Z_]*/;
    expect(read('dev', 'Muster.template.json')).not.toMatch(offline);
    // Neither does it point a provider's SDK to another server.
    expect(read('dev', 'Muster.template.json')).not.toMatch(/BASE_URL|ENDPOINT_URL/);
    for (const [path, text] of bundles('dev'))
      expect([path, offline.exec(text)?.[0]]).toEqual([path, undefined]);
  });
});

describe('the versions', () => {
  test('of the CDK toolkit is pinned, for npm’s latest is an accident that cannot read our assembly', () => {
    const wanted = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')).devDependencies[
      'aws-cdk'
    ];
    const installed = JSON.parse(
      readFileSync(join(repositoryRoot, 'node_modules/aws-cdk/package.json'), 'utf8'),
    ).version;
    expect(wanted).toMatch(/^2\.\d+\.\d+$/);
    expect(installed).toBe(wanted);
  });
});
