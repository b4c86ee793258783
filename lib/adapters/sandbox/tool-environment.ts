import { dirname } from 'node:path';
import { AppError } from '#contracts/errors.ts';

/**
 * Variables that change what a program is before it runs. setpriv, still with the worker's rights, would obey
 * some of them.
 */
const refused = /^(LD_|DYLD_|GLIBC_|GCONV_PATH$|LOCPATH$|NLSPATH$|BASH_ENV$|ENV$|MUSTER_)/;
const wellFormed = /^[A-Za-z_][A-Za-z0-9_]*$/;

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface ToolFolders {
  home: string;
  temporary: string;
}

/** Everything that a tool gets to see: this list and nothing of the worker's own environment. */
export function toolEnvironment({ home, temporary }: ToolFolders, path?: string): Record<string, string> {
  return {
    // This very Node first, so that tools and worker agree on it.
    PATH: `${dirname(process.execPath)}:${path ?? systemPath}`,
    HOME: home,
    TMPDIR: temporary,
    USER: 'agent',
    LOGNAME: 'agent',
    SHELL: '/bin/bash',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    TERM: 'dumb',
    // Nobody is there to answer a question or to turn a page.
    CI: 'true',
    NO_COLOR: '1',
    PAGER: 'cat',
    GIT_PAGER: 'cat',
    GIT_TERMINAL_PROMPT: '0',
    // There are no credentials to be found; without this the AWS CLI looks for them for seconds.
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** Throws `invalid_request` for a name that tools must not be given. */
export function checkVariables(env: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(env)) {
    if (!wellFormed.test(name) || refused.test(name))
      throw new AppError('invalid_request', `A tool cannot be given the variable ${JSON.stringify(name)}.`);
    if (value.includes('\0'))
      throw new AppError('invalid_request', `The variable ${name} holds a NUL character.`);
  }
}
