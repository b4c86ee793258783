/** Somebody else's words, as data: nothing in them can end the quotation. */
export function quote(text: string): string {
  return text
    .split(/\r\n?|\n/)
    .map((line) => `> ${line}`)
    .join('\n');
}

export function list(items: readonly string[]): string {
  return items.map((item) => `- ${item.replace(/\s+/g, ' ').trim()}`).join('\n');
}

/** Head and tail, so that what begins and what ends it are both seen. */
export function shorten(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const half = Math.floor((characters - 40) / 2);
  return `${text.slice(0, half)}\n… ${text.length - 2 * half} characters left out …\n${text.slice(-half)}`;
}
