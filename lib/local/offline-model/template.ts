import * as z from 'zod';
import type { Situation } from './situation.ts';

const plainNames = ['prompt', 'task', 'system', 'model', 'turn', 'result'] as const;
type PlainName = (typeof plainNames)[number];
/** What a rule has taken out of the conversation by a pattern; see `capture` of a rule. */
const capturePrefix = 'capture.';

/** Anything else in double braces, `{{ user }}` with its spaces, say, is no placeholder but text. */
const placeholder = /\{\{(#?[a-zA-Z][\w.]*)\}\}/g;
/** In a tool's input, a text that is nothing but `{{#turn}}` or `{{#capture.NAME}}` becomes a number. */
const numeric = /^\{\{#([a-zA-Z][\w.]*)\}\}$/;
const excerptCharacters = 200;

/** Text with `{{prompt}}` and the like. In a tool's input every text is one, however deep. */
export const template = z
  .string()
  .refine(
    (text) => namesIn(text).every(isKnown),
    `may only use ${plainNames.map((name) => `{{${name}}}`).join(', ')} and {{${capturePrefix}NAME}}`,
  );

export const templateInput: z.ZodType<Record<string, unknown>> = z
  .record(z.string(), z.unknown())
  .superRefine((input, context) => {
    const fault = textsIn(input)
      .map((text) => template.safeParse(text).error?.issues[0])
      .find((issue) => issue !== undefined);
    if (fault) context.addIssue({ code: 'custom', message: fault.message });
  });

/** Names of the captures that a template uses. */
export function capturesIn(value: unknown): string[] {
  return textsIn(value)
    .flatMap(namesIn)
    .filter((name) => name.startsWith(capturePrefix))
    .map((name) => name.slice(capturePrefix.length));
}

/** Excerpts of the request are shortened: enough to see that it arrived. Captures come whole. */
export function fillIn(
  text: string,
  situation: Situation,
  captures: Readonly<Record<string, string>>,
): string {
  return text.replace(placeholder, (_, marked: string) => {
    const name = marked.replace('#', '');
    if (name.startsWith(capturePrefix)) return captures[name.slice(capturePrefix.length)] ?? '';
    return excerpt(String(situation[name as PlainName]));
  });
}

export function fillInDeep(
  value: unknown,
  situation: Situation,
  captures: Readonly<Record<string, string>>,
): unknown {
  if (typeof value === 'string') {
    const text = fillIn(value, situation, captures);
    return numeric.test(value) ? Number(text) : text;
  }
  if (Array.isArray(value)) return value.map((item) => fillInDeep(item, situation, captures));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, fillInDeep(item, situation, captures)]);
  return Object.fromEntries(entries);
}

function namesIn(text: string): string[] {
  return [...text.matchAll(placeholder)].map(([, name = '']) => name.replace('#', ''));
}

function isKnown(name: string): boolean {
  return plainNames.some((known) => known === name) || /^capture\.\w+$/.test(name);
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= excerptCharacters ? line : `${line.slice(0, excerptCharacters)}…`;
}
