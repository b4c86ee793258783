import { isObject, type Json } from './json.ts';

/** Throws for what this matcher does not know, so that a rule never silently matches nothing. */
export function requireKnownPattern(pattern: Json, path = 'EventPattern'): void {
  if (Array.isArray(pattern)) {
    for (const choice of pattern) {
      const operators = isObject(choice) ? Object.keys(choice) : [];
      const isKnown = isObject(choice)
        ? operators.length === 1 && typeof choice.prefix === 'string'
        : !Array.isArray(choice);
      if (!isKnown)
        throw new Error(`${path}: ${JSON.stringify(choice)} is not handled; use exact values or a prefix`);
    }
    return;
  }
  if (!isObject(pattern))
    throw new Error(`${path}: a pattern's values are lists, got ${JSON.stringify(pattern)}`);
  for (const [key, nested] of Object.entries(pattern)) requireKnownPattern(nested, `${path}.${key}`);
}

function matchesChoice(choice: Json, value: Json | undefined): boolean {
  if (!isObject(choice)) return choice === value;
  return typeof value === 'string' && typeof choice.prefix === 'string' && value.startsWith(choice.prefix);
}

/** EventBridge's matching: every key of the pattern must match, by any of its values. */
export function matchesPattern(pattern: Json, event: Json | undefined): boolean {
  if (Array.isArray(pattern)) {
    const values = Array.isArray(event) ? event : [event];
    return pattern.some((choice) => values.some((value) => matchesChoice(choice, value)));
  }
  if (!isObject(pattern)) return false;
  return (
    isObject(event) && Object.entries(pattern).every(([key, nested]) => matchesPattern(nested, event[key]))
  );
}
