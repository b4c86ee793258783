/** Markup that may be written as it is. Made by `html` alone, so that every text in a page has been escaped. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

export type Part = Html | string | number | undefined | readonly Part[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Controls, and the marks that reorder text: by these, words could show something other than what is there. */
const unsafe =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export function escapeHtml(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(unsafe, '')
    .replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

/** A template whose values are escaped, unless they are markup themselves. Lists are put one after the other. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const pieces = strings.map((text, index) => text + (index < parts.length ? toMarkup(parts[index]) : ''));
  return new Html(pieces.join(''));
}

function toMarkup(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.markup;
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part));
  return part.map(toMarkup).join('');
}

/** Nothing where there is no item. */
export function listOf(title: string, items: readonly string[]): Html {
  if (items.length === 0) return html``;
  return html`<p class="label">${title}</p><ul>${items.map((item) => html`<li>${item}</li>`)}</ul>`;
}

/** Somebody's words, with their line breaks. */
export function words(text: string): Html {
  return html`<div class="words">${text}</div>`;
}

export type Tone = 'good' | 'bad' | 'open' | 'plain';

export function pill(text: string, tone: Tone): Html {
  return html`<span class="pill ${tone}">${text}</span>`;
}
