// A drill in a folder of its own: deploy, deploy again, roll back, and the first model is there again.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const tool = resolve('tools/deploy.mjs');
const folder = mkdtempSync(join(tmpdir(), 'rollback-'));
try {
  cpSync('config', join(folder, 'config'), { recursive: true });
  mkdirSync(join(folder, 'models'));
  for (const name of ['first', 'second']) writeFileSync(join(folder, 'models', `${name}.json`), `"${name}"`);
  for (const args of [
    ['deploy', 'shadow', 'first'],
    ['deploy', 'shadow', 'second'],
    ['rollback', 'shadow'],
  ]) {
    const { status, stderr } = spawnSync(process.execPath, [tool, ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  }
  const now = readFileSync(join(folder, 'stages/shadow/model.json'), 'utf8');
  if (now !== '"first"') throw new Error(`after the rollback ${now} is deployed`);
  console.log('rollback test passed: after two deployments and a rollback the first model is back');
} catch (error) {
  console.error(`rollback test FAILED: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
