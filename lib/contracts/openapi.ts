import * as z from 'zod';
import { problem } from './job-view.ts';
import type { Route } from './routes/route.ts';
import { apiVersion, routes } from './routes.ts';

type Json = Record<string, unknown>;

/** Zod writes 2020-12, which is what OpenAPI 3.1 speaks. Named schemas become components. */
function toSchema(schema: z.ZodType, components: Json, io: 'input' | 'output'): Json {
  const {
    $schema: _,
    $defs = {},
    ...json
  } = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' }) as Json;
  for (const [name, definition] of Object.entries($defs as Json)) components[name] = relocated(definition);
  return relocated(json) as Json;
}

function relocated(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', '"#/components/schemas/'));
}

function named(schema: z.ZodType, components: Json): Json {
  const id = schema.meta()?.id;
  const json = toSchema(schema, components, 'output');
  if (typeof id !== 'string') return json;
  const $ref = `#/components/schemas/${id}`;
  // What other schemas name too comes as a reference, and is among the components by then.
  if (json.$ref !== $ref) components[id] = json;
  return { $ref };
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)\+?\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function parametersIn(place: 'query' | 'header', given: Route['query'], components: Json): Json[] {
  return Object.entries(given ?? {}).map(([name, { schema, description }]) => ({
    name,
    in: place,
    required: false,
    description,
    schema: toSchema(schema, components, 'input'),
  }));
}

function toOperation(operationId: string, route: Route, components: Json): Json {
  const replies = Object.entries(route.replies).map(([status, { description, schema }]) => [
    status,
    { description, content: { 'application/json': { schema: named(schema, components) } } },
  ]);
  const problems = {
    description: 'What went wrong, by RFC 9457',
    content: { 'application/problem+json': { schema: named(problem, components) } },
  };
  return {
    operationId,
    summary: route.summary,
    parameters: [
      ...pathParameters(route.path),
      ...parametersIn('query', route.query, components),
      ...parametersIn('header', route.headers, components),
    ],
    ...(route.body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: toSchema(route.body, components, 'input') } },
          },
        }
      : {}),
    responses: { ...Object.fromEntries(replies), default: problems },
  };
}

/** The API as an OpenAPI 3.1 document, generated from the same table and schemas that the functions parse with. */
export function makeOpenApi(serverUrl?: string): Json {
  const components: Json = {};
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries<Route>(routes)) {
    const path = route.path.replace('+}', '}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: toOperation(name, route, components) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Muster',
      version: apiVersion,
      summary: 'Teams of AI agents in your own AWS account',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    ...(serverUrl ? { servers: [{ url: serverUrl }] } : {}),
    security: [{ sigv4: [] }],
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        sigv4: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'AWS Signature Version 4, service execute-api',
        },
      },
    },
  };
}
