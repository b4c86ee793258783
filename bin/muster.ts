#!/usr/bin/env node
const oldestNode = 24;

// Before anything is loaded: what an older Node says about the rest helps nobody.
if (Number(process.versions.node.split('.')[0]) < oldestNode) {
  process.stderr.write(
    `muster needs Node.js ${oldestNode} or newer; this is ${process.version}.\n` +
      'Run it through npm, which brings its own: npm run -s muster -- --help\n',
  );
  process.exit(1);
}

const { main } = await import('../lib/cli/main.ts');
process.exitCode = await main(process.argv.slice(2));

export {};
