import * as z from 'zod';

/** The functions that answer clients: jobs and operations, runs with all that belongs to them, webhooks, schedules. */
export type RouteFunction = 'orchestrator' | 'runs' | 'webhooks' | 'schedules';

export interface Route {
  /** Default `orchestrator`. */
  function?: RouteFunction;
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With `{parameters}`, as OpenAPI and API Gateway write them. */
  path: string;
  summary: string;
  query?: Record<string, { schema: z.ZodType; description: string }>;
  headers?: Record<string, { schema: z.ZodType; description: string }>;
  body?: z.ZodType;
  /** Answers by status. */
  replies: Record<number, { description: string; schema: z.ZodType }>;
}

/** What a list answers. */
export function page<T extends z.ZodType>(item: T) {
  return z.strictObject({ items: z.array(item), cursor: z.string().optional() });
}

/** Of what is made once, however often it is asked for. */
export const idempotencyKey = {
  'Idempotency-Key': {
    schema: z.string().max(255),
    description:
      'Any string that is new for a new request. The same key and body again answer with the first job (200); another body is refused (422).',
  },
};

/** What every list takes. */
export const listQuery = {
  project: {
    schema: z.string(),
    description: 'Only this project; without it all that the caller may touch.',
  },
  limit: { schema: z.number().int().min(1).max(100), description: 'Items on a page; default 25.' },
  cursor: { schema: z.string(), description: 'From the page before.' },
};

/** What every list of events takes. */
export const afterQuery = { after: { schema: z.string(), description: 'The cursor of the answer before.' } };
