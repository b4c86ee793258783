/** What was kept of a program's output: all of it, or its beginning and its end. */
export interface KeptOutput {
  head: Uint8Array;
  /** What comes after the head, or after the gap. */
  tail: Uint8Array;
  /** Written altogether. */
  bytes: number;
}

const hexBytes = 64;
/** Programs print a stray byte now and then; a tenth of all characters is no text. */
const strayShare = 0.1;

/** How many bytes of head, and of tail, must be kept so that so many characters can be shown. */
export function keptBytes(characters: number): number {
  // Half of the characters from either side, none longer than four bytes.
  return Math.ceil(characters / 2) * 4;
}

/** As text of at most about so many characters, with a line that says what was cut. */
export function renderOutput({ head, tail, bytes }: KeptOutput, characters: number): string {
  const whole = bytes === head.length + tail.length;
  if (whole) {
    const all = concat(head, tail);
    const text = decode(all);
    if (!isText(text)) return describeBinary(all, bytes);
    return showNul(text.length <= characters ? text : cutBytes(text, text, bytes, characters));
  }
  const start = decode(head);
  if (!isText(start)) return describeBinary(head, bytes);
  return showNul(cutBytes(start, decode(tail.subarray(firstCharacterAt(tail))), bytes, characters));
}

/** A file's or an answer's bytes as text; undefined where they are none. */
export function toText(bytes: Uint8Array): string | undefined {
  const text = decode(bytes);
  return isText(text) && !text.includes('\0') ? text : undefined;
}

export function describeBinary(start: Uint8Array, bytes: number): string {
  const shown = start.subarray(0, hexBytes);
  const hex = [...shown].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `[binary, ${count(bytes)} bytes; the first ${shown.length} in hexadecimal: ${hex}]`;
}

/** Keeps head and tail, with a line in between that says how many characters are missing. */
export function cutText(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const { start, end } = ends(text, text, characters);
  return `${start}\n[… ${count(text.length - start.length - end.length)} characters cut …]\n${end}`;
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

function cutBytes(from: string, to: string, bytes: number, characters: number): string {
  const { start, end } = ends(from, to, characters);
  const encoder = new TextEncoder();
  // Stray bytes decode to three, so the count is of text and may be a little below what was written.
  const cut = Math.max(0, bytes - encoder.encode(start).length - encoder.encode(end).length);
  return `${start}\n[… ${count(cut)} bytes cut …]\n${end}`;
}

function ends(from: string, to: string, characters: number): { start: string; end: string } {
  const half = Math.floor(characters / 2);
  return {
    start: from.slice(0, boundary(from, half)),
    end: to.slice(boundary(to, Math.max(0, to.length - half))),
  };
}

/** Half of a surrogate pair is not valid text, and providers refuse a request that holds one. */
function boundary(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff && at > 0 ? at + 1 : at;
}

function decode(bytes: Uint8Array): string {
  // `stream` leaves out a character that the cut has split, `ignoreBOM` keeps a byte order mark as it is.
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true });
}

function isText(text: string): boolean {
  let strays = 0;
  for (const character of text) if (character === '\uFFFD' || character === '\0') strays++;
  return strays <= text.length * strayShare;
}

/** Programs end items of a list with NUL, which some providers refuse in a request. */
function showNul(text: string): string {
  return text.replaceAll('\0', '␀');
}

function firstCharacterAt(bytes: Uint8Array): number {
  let at = 0;
  while (at < 4 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at++;
  return at;
}

function concat(head: Uint8Array, tail: Uint8Array): Uint8Array {
  if (tail.length === 0) return head;
  const all = new Uint8Array(head.length + tail.length);
  all.set(head);
  all.set(tail, head.length);
  return all;
}
