import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, jest, test } from '@jest/globals';
import { buildSync } from 'esbuild';
import { makeSandbox } from '../../../lib/adapters/sandbox/make-sandbox.ts';
import { makeProcessConfinement } from '../../../lib/adapters/sandbox/process-confinement.ts';
import { makeUidConfinement } from '../../../lib/adapters/sandbox/uid-confinement.ts';
import type { RunOutcome, RunRequest, Sandbox, SandboxLimits } from '../../../lib/core/ports/sandbox.ts';

// Processes by the dozen on a machine that may be busy.
jest.setTimeout(30_000);

export const helperSource = fileURLToPath(
  new URL('../../../worker-image/sandbox-helper.ts', import.meta.url),
);

/** Bundled, as in the worker's image: it starts six times faster than from the sources. */
const built = mkdtempSync(join(tmpdir(), 'muster-helper-'));
chmodSync(built, 0o755);
export const helperFile = join(built, 'sandbox-helper.mjs');
buildSync({
  entryPoints: [helperSource],
  outfile: helperFile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  logLevel: 'error',
});
afterAll(() => rmSync(built, { recursive: true }));

export const never = new AbortController().signal;

/** Above what the adapter itself gives out to this process. */
const uid = 0x70000000 + process.pid * 64 + 63;
export const tools = { uid, gid: uid };

export const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
/** Another user id can be taken by root only; elsewhere such a test is skipped. */
export const testAsRoot = isRoot ? test : test.skip;
export const kinds = isRoot ? (['uid', 'process'] as const) : (['process'] as const);
export type Kind = 'uid' | 'process';

export interface Box {
  sandbox: Sandbox;
  /** What holds the sandbox's folder; a stranger's to the tools. */
  around: string;
  work: string;
  run(command: string, more?: Partial<RunRequest>): Promise<RunOutcome>;
  close(): Promise<void>;
}

export async function openBox(kind: Kind, limits: Partial<SandboxLimits> = {}): Promise<Box> {
  const around = mkdtempSync(join(tmpdir(), 'muster-box-'));
  chmodSync(around, 0o755);
  const confinement = kind === 'uid' ? makeUidConfinement(tools) : makeProcessConfinement();
  const sandbox = await makeSandbox(confinement, {
    folder: join(around, 'box'),
    helperFile,
    limits: { graceMs: 300, ...limits },
  });
  return {
    sandbox,
    around,
    work: join(around, 'box', 'work'),
    run: (command, more) => sandbox.run({ timeoutMs: 10_000, ...more, command }, never),
    async close() {
      await sandbox.close();
      rmSync(around, { recursive: true, force: true });
    },
  };
}

export const bytes = (text: string) => new TextEncoder().encode(text);
export const text = (content: Uint8Array) => new TextDecoder().decode(content);
