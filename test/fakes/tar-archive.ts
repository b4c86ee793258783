import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { padding, readHeader, tarHeader } from '../../lib/adapters/sandbox/helper/tar-header.ts';

export type FileContent = string | { text: string; mode: number } | { target: string };

/** An archive as workers make them, of `{path: content}`. */
export function archiveOf(files: Record<string, FileContent>): Uint8Array {
  const folders = new Set(Object.keys(files).flatMap(foldersAbove));
  const parts = [...folders].sort().map((path) => entry(path, 'folder', 0o755));
  for (const [path, content] of Object.entries(files).sort()) {
    if (typeof content === 'string') parts.push(entry(path, 'file', 0o644, Buffer.from(content)));
    else if ('text' in content) parts.push(entry(path, 'file', content.mode, Buffer.from(content.text)));
    else parts.push(entry(path, 'symlink', 0o777, undefined, Buffer.from(content.target)));
  }
  return zstdCompressSync(Buffer.concat([...parts, Buffer.alloc(1_024)]));
}

function entry(
  path: string,
  kind: 'file' | 'folder' | 'symlink',
  mode: number,
  body: Buffer = Buffer.alloc(0),
  target?: Buffer,
): Buffer {
  const fields = { path: Buffer.from(path), kind, mode, bytes: body.length, mtimeSeconds: 0 };
  return Buffer.concat([tarHeader({ ...fields, ...(target && { target }) }), body, padding(body.length)]);
}

function foldersAbove(path: string): string[] {
  const names = path.split('/');
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
}

/** What an archive holds of files, by path, with modes other than 644 in front. */
export function filesOf(archive: Uint8Array): Record<string, string> {
  const tar = zstdDecompressSync(archive);
  const files: Record<string, string> = {};
  for (let at = 0; ; ) {
    const header = readHeader(tar.subarray(at, at + 512));
    if (!header) return files;
    const body = tar.subarray(at + 512, at + 512 + header.bytes).toString();
    const mode = header.mode === 0o644 ? '' : `${header.mode.toString(8)} `;
    if (header.type === '0') files[header.name.toString()] = `${mode}${body}`;
    if (header.type === '2') files[header.name.toString()] = `-> ${header.target}`;
    at += 512 + header.bytes + padding(header.bytes).length;
  }
}
