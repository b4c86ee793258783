import { Fault } from './fault.ts';

export const blockBytes = 512;
const nameBytes = 100;

export type TarKind = 'file' | 'folder' | 'symlink';

export interface TarEntry {
  path: Buffer;
  kind: TarKind;
  /** Permission bits, at most 0o777. */
  mode: number;
  bytes: number;
  mtimeSeconds: number;
  /** Of a symlink. */
  target?: Buffer;
}

const typeFlags = { file: '0', symlink: '2', folder: '5' } as const;
/** GNU's way to give a name of more than 100 bytes: an entry of its own before the one that it belongs to. */
export const longTypes = { L: 'path', K: 'target' } as const;

/** The header of an entry as ustar has it, after GNU's entries for long names where they are needed. No owner. */
export function tarHeader(entry: TarEntry): Buffer {
  const name = entry.kind === 'folder' ? Buffer.concat([entry.path, Buffer.from('/')]) : entry.path;
  const target = entry.target ?? Buffer.alloc(0);
  return Buffer.concat([
    ...(name.length > nameBytes ? [longName('L', name)] : []),
    ...(target.length > nameBytes ? [longName('K', target)] : []),
    block(name, target, typeFlags[entry.kind], entry.mode, entry.bytes, entry.mtimeSeconds),
  ]);
}

/** Zeros up to the next block. */
export function padding(bytes: number): Buffer {
  return Buffer.alloc((blockBytes - (bytes % blockBytes)) % blockBytes);
}

function longName(type: keyof typeof longTypes, name: Buffer): Buffer {
  const content = Buffer.concat([name, Buffer.alloc(1)]);
  const header = block(Buffer.from('././@LongLink'), Buffer.alloc(0), type, 0o644, content.length, 0);
  return Buffer.concat([header, content, padding(content.length)]);
}

function block(
  name: Buffer,
  target: Buffer,
  type: string,
  mode: number,
  bytes: number,
  mtime: number,
): Buffer {
  const header = Buffer.alloc(blockBytes);
  name.copy(header, 0, 0, nameBytes);
  putOctal(header, 100, 8, mode);
  putOctal(header, 108, 8, 0);
  putOctal(header, 116, 8, 0);
  putOctal(header, 124, 12, bytes);
  putOctal(header, 136, 12, mtime);
  header.write(type, 156, 'latin1');
  target.copy(header, 157, 0, nameBytes);
  header.write('ustar\0' + '00', 257, 'latin1');
  header.write(`${checksum(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

function putOctal(header: Buffer, at: number, length: number, value: number): void {
  header.write(value.toString(8).padStart(length - 1, '0'), at, length - 1, 'latin1');
}

/** The sum of all bytes, the checksum's own field taken as spaces. */
function checksum(header: Buffer): number {
  let sum = 8 * 0x20;
  for (const [at, byte] of header.entries()) if (at < 148 || at >= 156) sum += byte;
  return sum;
}

export interface RawHeader {
  name: Buffer;
  target: Buffer;
  type: string;
  mode: number;
  bytes: number;
  mtimeSeconds: number;
}

/** Undefined for a block of zeros, which is the end. */
export function readHeader(header: Buffer): RawHeader | undefined {
  if (header.every((byte) => byte === 0)) return undefined;
  if (header.toString('latin1', 257, 262) !== 'ustar' || octal(header, 148, 8) !== checksum(header))
    throw new Fault('invalid_request', 'The archive is damaged: a header is not valid.');
  return {
    name: untilNul(header.subarray(0, nameBytes)),
    target: untilNul(header.subarray(157, 157 + nameBytes)),
    type: header.toString('latin1', 156, 157),
    mode: octal(header, 100, 8) & 0o777,
    bytes: octal(header, 124, 12),
    mtimeSeconds: octal(header, 136, 12),
  };
}

export function untilNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

function octal(header: Buffer, at: number, length: number): number {
  const text = header.toString('latin1', at, at + length).replace(/[\0 ]+$/, '');
  if (!/^[0-7]+$/.test(text))
    throw new Fault('invalid_request', 'The archive is damaged: a number is not octal.');
  return Number.parseInt(text, 8);
}
