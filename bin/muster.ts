#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

const oldestNode = 24;

// Before anything is loaded: what an older Node says about the rest helps nobody.
if (Number(process.versions.node.split('.')[0]) < oldestNode) {
  process.stderr.write(
    `muster needs Node.js ${oldestNode} or newer; this is ${process.version}.\n` +
      'Run it through npm, which brings its own: npx muster --help\n',
  );
  process.exit(1);
}

// Halves what a command takes to start; not in the system's temporary folder, where others could write.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/muster', import.meta.url)));

const { main } = await import('../lib/cli/main.ts');
process.exitCode = await main(process.argv.slice(2));
