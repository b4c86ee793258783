import { fileURLToPath } from 'node:url';
import { findCycles } from './cycles.ts';
import { type Import, importsOf, lineAt, readSources, type SourceFile } from './imports.ts';
import { type Layer, layers, packageHomes, packagesOf, textRules } from './rules.ts';

export interface Violation {
  path: string;
  line: number;
  rule: string;
}

const folders = ['bin', 'lib', 'lambdas', 'worker-image'];

/** Everything in the tree at `root` that the rules forbid. */
export function checkTree(root: string): Violation[] {
  const sources = readSources(root, folders);
  return [...sources.flatMap(checkFile), ...checkCycles(sources)];
}

function checkFile(source: SourceFile): Violation[] {
  const layer = layerOf(source.path);
  if (!layer) return [{ path: source.path, line: 1, rule: 'layer: this folder has none' }];
  const imports = importsOf(source).flatMap((found) => {
    const rule = found.target ? layerFault(layer, found.target) : packageFault(source.path, layer, found);
    return rule ? [{ path: source.path, line: found.line, rule }] : [];
  });
  return [...imports, ...checkText(source)];
}

function layerOf(path: string): Layer | undefined {
  return (Object.keys(layers) as Layer[]).find((layer) => isWithin(path, layer));
}

function isWithin(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}

function layerFault(from: Layer, target: string): string | undefined {
  const to = layerOf(target);
  const allowed: readonly string[] = layers[from];
  if (to && allowed.includes(to)) return undefined;
  return `layer: ${from} may not import ${target} (it may import ${allowed.join(', ')})`;
}

function packageFault(path: string, layer: Layer, { specifier }: Import): string | undefined {
  const home = packageHomes.find(({ prefix }) => isOf(specifier, prefix));
  if (home && !home.homes.some((place) => isWithin(path, place)))
    return `package: ${specifier} may be imported in ${home.homes.join(', ')} only`;
  const allowed = packagesOf[layer];
  if (!allowed || allowed.some((prefix) => isOf(specifier, prefix))) return undefined;
  return `package: ${layer} may not import ${specifier} (it may import ${allowed.join(', ')})`;
}

/** `aws-cdk-lib` covers `aws-cdk-lib/aws-s3`; `@aws-sdk/` and `node:` cover what begins with them. */
function isOf(specifier: string, prefix: string): boolean {
  return /[/:]$/.test(prefix) ? specifier.startsWith(prefix) : isWithin(specifier, prefix);
}

function checkText({ path, code }: SourceFile): Violation[] {
  const rules = textRules.filter(
    ({ within, exceptions }) => within.some((place) => isWithin(path, place)) && !exceptions?.[path],
  );
  return rules.flatMap(({ id, pattern }) =>
    [...code.matchAll(new RegExp(pattern, 'g'))].map((match) => ({
      path,
      line: lineAt(code, match.index),
      rule: `${id}: ${match[0]}`,
    })),
  );
}

function checkCycles(sources: readonly SourceFile[]): Violation[] {
  const graph = new Map(
    sources.map((source) => [source.path, importsOf(source).flatMap(({ target }) => target ?? [])]),
  );
  return findCycles(graph).map((cycle) => ({
    path: cycle[0] ?? '',
    line: 1,
    rule: `cycle: ${cycle.join(' → ')}`,
  }));
}

/** Looks at the repository, or at the tree that is named. */
function main(root = fileURLToPath(new URL('../..', import.meta.url))): void {
  const violations = checkTree(root);
  for (const { path, line, rule } of violations) console.log(`${path}:${line} ${rule}`);
  if (violations.length > 0) process.exitCode = 1;
  else console.log('layers: every import is allowed');
}

if (import.meta.main) main(process.argv[2]);
