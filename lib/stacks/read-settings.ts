import type * as z from 'zod';
import { type Settings, settings } from '#contracts/settings.ts';

/** Thrown when `muster.settings` cannot be used; its message lists every fault with its path. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/**
 * A function's variables may be 4,096 bytes together, measured as one JSON object: each quotation mark in `access`,
 * which is JSON itself, counts twice. The other variables take up to 1.8 KB.
 */
const accessBytesMax = 2_200;

/**
 * @param value What the context key `muster.settings` holds: an object, its JSON, or nothing (all defaults).
 * @throws SettingsError naming every fault at once.
 */
export function readSettings(value: unknown): Settings {
  const given = typeof value === 'string' ? parseText(value) : (value ?? {});
  const parsed = settings.safeParse(given);
  const faults = parsed.success
    ? accessFaults(parsed.data)
    : parsed.error.issues.map((issue) => describe(issue, given));
  if (parsed.success && faults.length === 0) return parsed.data;
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  throw new SettingsError(
    [`muster.settings has ${count}:`, ...faults.map((line) => `  - ${line}`)].join('\n'),
  );
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SettingsError(
      `muster.settings is not JSON: ${text}\nPass an object, for example -c muster.settings='{"profile":"dev"}'.`,
      { cause },
    );
  }
}

function describe(issue: z.core.$ZodIssue, given: unknown): string {
  if (issue.path.length === 0) return `${issue.message}${allowed(issue)}`;
  const seen = JSON.stringify(valueAt(given, issue.path));
  return `${issue.path.join('.')}: ${issue.message}${allowed(issue)}${seen === undefined ? '' : ` (it is ${seen})`}`;
}

/** What zod's own message leaves out. */
function allowed(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0) {
    return `; there are ${Object.keys(settings.in.shape).join(', ')}`;
  }
  if (issue.code !== 'invalid_union') return '';
  const choices = issue.errors.flat().flatMap((inner) => {
    if (inner.code === 'invalid_value') return inner.values.map((value) => JSON.stringify(value));
    return inner.code === 'invalid_type' ? [inner.expected] : [];
  });
  return choices.length > 0 ? `: expected ${choices.join(' | ')}` : '';
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => Object(inner)[key], value);
}

function accessFaults({ access }: Settings): string[] {
  const withPath = Object.keys(access).filter((arn) => /:role\/.+\//.test(arn));
  const faults = withPath.map(
    (arn) =>
      `access.${arn}: must leave out the path, for sessions of a role do not tell it: write ${arn.replace(/:role\/.+\//, ':role/')}`,
  );
  const bytes = Buffer.byteLength(JSON.stringify(JSON.stringify(access)));
  if (bytes <= accessBytesMax) return faults;
  return [
    ...faults,
    `access: must be at most ${accessBytesMax} bytes as JSON with its quotation marks escaped, for a function's variables hold no more (it is ${bytes}); let people share roles`,
  ];
}
