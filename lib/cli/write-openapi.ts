import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeOpenApi } from '#contracts/openapi.ts';
import { repositoryRoot } from './local/synthesize.ts';

export const openApiFile = join(repositoryRoot, 'docs', 'openapi.yaml');

/** JSON is YAML: every tool that reads the one reads the other. */
export function openApiText(): string {
  return `${JSON.stringify(makeOpenApi(), undefined, 2)}\n`;
}

if (import.meta.main) {
  mkdirSync(dirname(openApiFile), { recursive: true });
  writeFileSync(openApiFile, openApiText());
  console.log(`Written: ${openApiFile}`);
}
