/**
 * C0 and C1 controls but tab and line feed, and the marks that reorder text: by these a model's or a server's
 * words could move the cursor, retitle the window or show something other than what is there.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const escapeSequence = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;

/** The text as a terminal may show it. */
export function printable(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(escapeSequence, '').replace(unsafe, '');
}

/** The same, on one line. */
export function printableLine(text: string): string {
  return printable(text).replace(/\s+/g, ' ').trim();
}
