import { spawnSync } from 'node:child_process';
import { type Finding, ok, warn } from './finding.ts';

/** What a command line prints, or undefined where it fails. */
export type Ask = (command: string, args: readonly string[]) => string | undefined;

const patienceMs = 10_000;

export const askTool: Ask = (command, args) => {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', timeout: patienceMs });
  return status === 0 ? stdout.trim() : undefined;
};

/** Docker builds the worker's image, and nothing else; on another architecture it has to emulate. */
export function checkDocker(command: string, ask: Ask = askTool): Finding {
  const seen = ask(command, ['version', '--format', '{{.Server.Version}} {{.Server.Arch}}']);
  if (seen === undefined)
    return warn('Docker', `${command} does not answer; a deployment needs it`, 'start it, or set CDK_DOCKER');
  if (seen.endsWith('arm64')) return ok('Docker', seen);
  return warn(
    'Docker',
    `${seen}: the image is for arm64 and has to be emulated`,
    'set up emulation (docker run --privileged --rm tonistiigi/binfmt --install arm64), or deploy with {"architecture": "x86_64"}',
  );
}
