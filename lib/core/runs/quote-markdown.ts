/** What Markdown may put before a heading's marks within a quote: other quotes, lists, spaces. */
const heading = /^([\s>*+\-\d.)]*)(#{1,6})(?=\s|$)/;
const underline = /^([\s>*+\-\d.)]*?)(=+|-+)(\s*)$/;

/**
 * A stranger's Markdown as a quote: every line stays within it, and none of them becomes a heading, HTML or an
 * image that is fetched from elsewhere.
 */
export function toQuote(text: string): string {
  return text
    .trim()
    .split(/\r\n|\r|\n/)
    .map((line) => `> ${harmless(line).replace(underline, '$1\\$2$3')}`.trimEnd())
    .join('\n');
}

/** The same on one line. */
export function toInline(text: string): string {
  return harmless(text.replace(/\s+/g, ' ').trim());
}

function harmless(line: string): string {
  return line.replace(heading, '$1\\$2').replaceAll('<', '&lt;').replaceAll('![', '!\\[');
}
