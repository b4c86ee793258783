import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

export interface SourceFile {
  /** From the root of the repository, with `/`. */
  path: string;
  /** Without comments; every line is still where it was. */
  code: string;
}

export interface Import {
  line: number;
  specifier: string;
  /** The file that is meant, for imports inside the repository. */
  target?: string;
}

/** What `imports` in package.json says. */
const aliases: Readonly<Record<string, string>> = {
  '#contracts/': 'lib/contracts/',
  '#core/': 'lib/core/',
  '#adapters/': 'lib/adapters/',
};

/** Statements stand at the start of a line, as Biome writes them; `import()` stands anywhere, in types too. */
const statements = [
  /^(?:import|export)\s[^'";]*?\bfrom\s+'([^']+)'/gm,
  /^import\s+'([^']+)'/gm,
  /\bimport\(\s*'([^']+)'/g,
];

/** Every TypeScript source below these folders. Folders that do not exist are passed over. */
export function readSources(root: string, folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) => listSources(root, folder)).map((path) => readSource(root, path));
}

function listSources(root: string, folder: string): string[] {
  let entries: ReturnType<typeof readEntries>;
  try {
    entries = readEntries(join(root, folder));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return entries.flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : listSources(root, path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

function readEntries(folder: string) {
  return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readSource(root: string, path: string): SourceFile {
  return { path, code: withoutComments(readFileSync(join(root, path), 'utf8')) };
}

/** Whole-line comments only: what stands behind code on its line is code enough to be looked at. */
function withoutComments(text: string): string {
  return text.replace(/^[ \t]*\/\*[\s\S]*?\*\/|^[ \t]*\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, ''));
}

export function importsOf({ path, code }: SourceFile): Import[] {
  const found = statements.flatMap((statement) => [...code.matchAll(statement)]);
  return found.map((match) => {
    const specifier = match[1] ?? '';
    const target = targetOf(path, specifier);
    return { line: lineAt(code, match.index + match[0].length), specifier, ...(target && { target }) };
  });
}

function targetOf(path: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(dirname(path), specifier);
  const alias = Object.keys(aliases).find((prefix) => specifier.startsWith(prefix));
  return alias && `${aliases[alias]}${specifier.slice(alias.length)}`;
}

export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
