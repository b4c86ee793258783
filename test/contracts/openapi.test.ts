import { expect, test } from '@jest/globals';
import { makeOpenApi } from '#contracts/openapi.ts';

type Json = Record<string, unknown>;
const document = makeOpenApi();
const { schemas } = document.components as { schemas: Record<string, Json> };

function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { $ref } = value as { $ref?: unknown };
  return [...(typeof $ref === 'string' ? [$ref] : []), ...Object.values(value).flatMap(refsIn)];
}

test('every schema that is referred to is there, with its fields', () => {
  for (const ref of refsIn(document)) {
    const name = /^#\/components\/schemas\/(\w+)$/.exec(ref)?.[1] ?? ref;
    expect([name, Object.keys(schemas[name] ?? {})]).not.toEqual([name, []]);
    expect([name, schemas[name]?.$ref]).toEqual([name, undefined]);
  }
  expect(Object.keys(schemas.Job?.properties as Json)).toEqual(
    expect.arrayContaining(['id', 'status', 'links']),
  );
});
