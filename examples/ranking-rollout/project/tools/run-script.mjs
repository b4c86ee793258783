// run-script.mjs NAME: one of the scripts below, with its output and its exit code.
import { spawnSync } from 'node:child_process';

const scripts = {
  generate_data: ['python3', '-B', 'tools/generate_data.py'],
  train: ['python3', '-B', 'tools/train.py', 'candidate'],
  unit_tests: ['python3', '-B', '-m', 'unittest', 'discover', '-s', 'tests', '-t', '.'],
  rollback_test: [process.execPath, 'tests/rollback-test.mjs'],
  status: [process.execPath, 'tools/deploy.mjs', 'status'],
};
const [, , name = ''] = process.argv;
const script = Object.hasOwn(scripts, name) ? scripts[name] : undefined;
if (script) {
  const [program, ...args] = script;
  const { status, error } = spawnSync(program, args, { stdio: 'inherit' });
  if (error) console.error(error.message);
  process.exitCode = status ?? 1;
} else {
  console.error(`there is no script "${name}"; there are ${Object.keys(scripts).join(', ')}`);
  process.exitCode = 2;
}
