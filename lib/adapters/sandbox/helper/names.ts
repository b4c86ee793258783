/** Names of files are bytes. As text, what is not UTF-8 among them is shown as `\xNN`. */
export function showName(name: Buffer): string {
  const text = name.toString('utf8');
  if (Buffer.from(text, 'utf8').equals(name)) return text;
  return [...name]
    .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${hex(byte)}`))
    .join('');
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

export function joinBytes(folder: Buffer, name: Buffer): Buffer {
  return folder.length === 0 ? name : Buffer.concat([folder, Buffer.from('/'), name]);
}
