import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from '@jest/globals';
import { build, type Metafile } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const sdks = ['@anthropic-ai/sdk', '@anthropic-ai/aws-sdk', '@anthropic-ai/bedrock-sdk', 'openai'];

let metafile: Metafile;
beforeAll(async () => {
  const bundle = await build({
    absWorkingDir: root,
    entryPoints: ['worker-image/main.ts'],
    outdir: 'dist',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    mainFields: ['module', 'main'],
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  metafile = bundle.metafile;
}, 60_000);

/** The SDKs that loading this file loads, the chunks that it imports at once included. */
function loadedBy(source: string): string[] {
  const start = Object.keys(metafile.outputs).find((path) => metafile.outputs[path]?.entryPoint === source);
  if (start === undefined) throw new Error(`${source} is no chunk of its own`);
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const imports = metafile.outputs[path]?.imports ?? [];
    for (const { path: next, kind } of imports) if (kind === 'import-statement') visit(next);
  };
  visit(start);
  const inputs = [...seen].flatMap((path) => Object.keys(metafile.outputs[path]?.inputs ?? {}));
  return sdks.filter((sdk) => inputs.some((input) => input.startsWith(`node_modules/${sdk}/`)));
}

test('a worker loads no SDK by itself', () => {
  expect(loadedBy('worker-image/main.ts')).toEqual([]);
});

test.each([
  ['lib/adapters/models/anthropic.ts', ['@anthropic-ai/sdk']],
  ['lib/adapters/models/anthropic-client.ts', ['@anthropic-ai/sdk']],
  ['lib/adapters/models/anthropic-aws-client.ts', ['@anthropic-ai/sdk', '@anthropic-ai/aws-sdk']],
  ['lib/adapters/models/bedrock-client.ts', ['@anthropic-ai/sdk', '@anthropic-ai/bedrock-sdk']],
  ['lib/adapters/models/openai-responses.ts', ['openai']],
  ['lib/adapters/models/openai-chat.ts', ['openai']],
])('%s loads its own SDK and no other', (source, loaded) => {
  expect(loadedBy(source)).toEqual(loaded);
});
