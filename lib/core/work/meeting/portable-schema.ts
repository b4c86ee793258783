import * as z from 'zod';
import type { JsonSchema } from '../../ports/model.ts';

/** What every provider's tools understand. Bounds and patterns are checked here, and named where they are missed. */
const keywords = ['type', 'description', 'enum', 'required'] as const;

export interface PortableSchema {
  type?: string;
  description?: string;
  enum?: readonly unknown[];
  required?: readonly string[];
  items?: PortableSchema;
  properties?: Record<string, PortableSchema>;
}

/** A schema as JSON Schema without references, unions, bounds and defaults. */
export function toPortableSchema(schema: z.ZodType): PortableSchema & JsonSchema {
  return { ...reduce(z.toJSONSchema(schema, { io: 'input' })), type: 'object' };
}

function reduce(schema: z.core.JSONSchema.JSONSchema): PortableSchema {
  const { items, properties } = schema;
  const kept = keywords.flatMap((key) => (schema[key] === undefined ? [] : [[key, schema[key]]]));
  return {
    ...(Object.fromEntries(kept) as PortableSchema),
    ...(typeof items === 'object' && !Array.isArray(items) && { items: reduce(items) }),
    ...(properties && { properties: mapValues(properties, reducePart) }),
  };
}

function reducePart(part: z.core.JSONSchema._JSONSchema): PortableSchema {
  return typeof part === 'boolean' ? {} : reduce(part);
}

export function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  map: (value: A) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
