import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const folder = fileURLToPath(new URL('../../worker-image/', import.meta.url));

/** The worker as its image has it: bundled, its files side by side where tools can read the helper. */
export function buildWorker(): { main: string; remove(): void } {
  const built = mkdtempSync(join(tmpdir(), 'muster-worker-'));
  chmodSync(built, 0o755);
  buildSync({
    entryPoints: ['main', 'heartbeat', 'sandbox-helper'].map((name) => join(folder, `${name}.ts`)),
    outdir: built,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    logLevel: 'error',
  });
  return { main: join(built, 'main.mjs'), remove: () => rmSync(built, { recursive: true }) };
}
