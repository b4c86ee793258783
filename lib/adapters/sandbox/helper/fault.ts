import type { HelperFault } from './protocol.ts';

/** Something that the caller asked for and cannot have. */
export class Fault extends Error {
  readonly code: HelperFault['code'];

  constructor(code: HelperFault['code'], message: string) {
    super(message);
    this.name = 'Fault';
    this.code = code;
  }
}

const meanings: Readonly<Record<string, readonly [HelperFault['code'], string]>> = {
  ENOENT: ['not_found', 'does not exist'],
  ENOTDIR: ['not_found', 'does not exist: a part of the path is not a folder'],
  EACCES: ['forbidden', 'is closed to tools'],
  EPERM: ['forbidden', 'is closed to tools'],
  EROFS: ['forbidden', 'is on a file system that is read-only'],
  ELOOP: ['invalid_request', 'is a symlink that leads nowhere'],
  EISDIR: ['invalid_request', 'is a folder'],
  ENXIO: ['invalid_request', 'is not a regular file'],
  ENAMETOOLONG: ['invalid_request', 'is too long a path'],
  EFBIG: ['payload_too_large', 'would be larger than a file may be'],
  ENOSPC: ['payload_too_large', 'does not fit: the disk is full'],
  EDQUOT: ['payload_too_large', 'does not fit: the disk is full'],
};

/** What an error of the file system means for somebody who named this path. */
export function toFault(error: unknown, path: string): Fault {
  if (error instanceof Fault) return error;
  const { code = 'unknown', message } = error as NodeJS.ErrnoException;
  const meaning = meanings[code];
  if (meaning) return new Fault(meaning[0], `${JSON.stringify(path)} ${meaning[1]}.`);
  return new Fault('internal', `The sandbox failed at ${JSON.stringify(path)} (${code}): ${message}`);
}
