import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build as esbuild, type Plugin } from 'esbuild';

export const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url));

/** Texts by the path that they get in the asset. */
export type Files = Readonly<Record<string, string>>;

/** Nothing is written here; paths inside source maps count from it, so that they are the same everywhere. */
const outdir = 'dist';

/**
 * The SDK describes every operation of a service in one file, `{ [_a]: 1 }` with `const _a = "a"`. esbuild keeps all
 * that has a computed key, for to compute one may do something; of S3 alone that is 55 KB in each bundle that nobody
 * calls. With the keys written out it drops what is not used.
 */
const plainSchemaKeys: Plugin = {
  name: 'plain-schema-keys',
  setup({ onLoad }) {
    onLoad({ filter: /@aws-sdk\/client-[^/]+\/dist-es\/schemas\/schemas_0\.js$/ }, async ({ path }) => ({
      contents: withPlainKeys(await readFile(path, 'utf8')),
      loader: 'js',
    }));
  },
};

function withPlainKeys(source: string): string {
  const constants = new Map(
    [...source.matchAll(/^const (_\w+) = ("[^"]*");$/gm)].map(([, name, text]) => [name, text]),
  );
  return source.replace(/\[(_\w+)\]:/g, (key, name) =>
    constants.has(name) ? `${constants.get(name)}:` : key,
  );
}

/** What esbuild makes of the entry points, which are named as the files are to be named. */
export async function build(
  entryPoints: Readonly<Record<string, string>>,
  options: BuildOptions = {},
): Promise<Files> {
  const { outputFiles } = await esbuild({
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // The SDK's ES modules shrink by a third where its CommonJS ones do not.
    mainFields: ['module', 'main'],
    outExtension: { '.js': '.mjs' },
    legalComments: 'none',
    logLevel: 'error',
    absWorkingDir: repositoryRoot,
    outdir,
    plugins: [plainSchemaKeys],
    ...options,
    entryPoints: { ...entryPoints },
    write: false,
  });
  const root = join(repositoryRoot, outdir);
  return Object.fromEntries(outputFiles.map(({ path, text }) => [relative(root, path), text]));
}
