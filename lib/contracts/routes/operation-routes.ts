import * as z from 'zod';
import { operation, workersView } from '../operations.ts';
import type { Route } from './route.ts';

/** The deployment as a whole. */
export const operationRoutes = {
  stopAll: {
    method: 'POST',
    path: '/stop-all',
    summary: 'Stop every worker and start no more',
    replies: { 202: { description: 'Read the operation until it has SUCCEEDED', schema: operation } },
  },
  resume: {
    method: 'POST',
    path: '/resume',
    summary: 'Let workers start again',
    replies: { 200: { description: 'Resumed', schema: z.strictObject({ resumed: z.literal(true) }) } },
  },
  readOperation: {
    method: 'GET',
    path: '/operations/{id}',
    summary: 'Read an operation',
    replies: { 200: { description: 'The operation', schema: operation } },
  },
  readHealth: {
    method: 'GET',
    path: '/health',
    summary: 'See that the API answers, and who it takes you for',
    replies: {
      200: {
        description: 'It answers',
        schema: z
          .strictObject({
            status: z.literal('ok'),
            version: z.string(),
            caller: z.string(),
            projects: z.union([z.literal('*'), z.array(z.string())]),
            time: z.iso.datetime(),
            /** Only for callers who may touch every project. */
            workers: workersView.optional(),
          })
          .meta({ id: 'Health' }),
      },
    },
  },
  readOpenApi: {
    method: 'GET',
    path: '/openapi.json',
    summary: 'Read this document',
    replies: { 200: { description: 'OpenAPI 3.1', schema: z.record(z.string(), z.unknown()) } },
  },
} as const satisfies Record<string, Route>;
