import type { SandboxLimits } from '#core/ports/sandbox.ts';

/**
 * Runs with the tools' rights and becomes the program. Setting limits in a shell works on Linux and macOS alike;
 * a limit that cannot be set is lower already. `oom_score_adj` makes the kernel choose tools, not the worker,
 * when memory runs out, and only a privileged process could take it back.
 */
const script = `
root=$1 cwd=$2 merged=$3 blocks=$4 files=$5 processes=$6 kibibytes=$7
shift 7
if [ "$merged" = 1 ]; then exec 2>&1; fi
umask 022
cd -P -- "$root" && cd -P -- "./$cwd" || exit 125
unset OLDPWD
{ echo 1000 > /proc/self/oom_score_adj; } 2>/dev/null
ulimit -c 0
{ ulimit -f "$blocks"; ulimit -n "$files"; } 2>/dev/null
if [ -n "$processes" ]; then { ulimit -u "$processes" || ulimit -p "$processes"; } 2>/dev/null; fi
if [ -n "$kibibytes" ]; then ulimit -v "$kibibytes"; fi
exec nice -n 5 -- "$@"
`;

/** POSIX: `ulimit -f` counts in blocks of 512 bytes. */
const blockBytes = 512;

export interface Launch {
  argv: readonly string[];
  /** The workspace, absolute. */
  root: string;
  /** Below it; '' for the workspace itself. */
  cwd: string;
  /** Standard error into standard output, so that both come in the order in which they were written. */
  merged: boolean;
  limits: Pick<SandboxLimits, 'fileBytes' | 'openFiles' | 'addressSpaceBytes'>;
  /** Processes and threads of the user that may exist. Undefined: no limit. */
  processes: number | undefined;
}

/** The argument list that sets the limits and then becomes the program. */
export function launchArgv({ argv, root, cwd, merged, limits, processes }: Launch): string[] {
  const { fileBytes, openFiles, addressSpaceBytes } = limits;
  const numbers = [
    Math.floor(fileBytes / blockBytes),
    openFiles,
    processes ?? '',
    addressSpaceBytes === undefined ? '' : Math.floor(addressSpaceBytes / 1_024),
  ];
  return ['/bin/sh', '-c', script, 'sh', root, cwd, merged ? '1' : '0', ...numbers.map(String), ...argv];
}
