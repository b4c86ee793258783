import * as z from 'zod';
import { executionView } from './executions.ts';
import { numberedEvent } from './job-events.ts';
import { jobRequest, uploadRequest } from './job-request.ts';
import {
  agentResult,
  chatResult,
  codeResult,
  echoResult,
  fileView,
  jobView,
  researchResult,
  uploadTarget,
} from './job-view.ts';
import { operation } from './operations.ts';
import { usageBys, usageItem } from './usage.ts';

export interface Route {
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

function page<T extends z.ZodType>(item: T) {
  return z.strictObject({ items: z.array(item), cursor: z.string().optional() });
}

const idempotencyKey = {
  'Idempotency-Key': {
    schema: z.string().max(255),
    description:
      'Any string that is new for a new request. The same key and body again answer with the first job (200); another body is refused (422).',
  },
};

const listQuery = {
  project: {
    schema: z.string(),
    description: 'Only this project; without it all that the caller may touch.',
  },
  status: { schema: z.string(), description: 'Only jobs in this state.' },
  type: { schema: z.string(), description: 'Only jobs of this type.' },
  limit: { schema: z.number().int().min(1).max(100), description: 'Items on a page; default 25.' },
  cursor: { schema: z.string(), description: 'From the page before.' },
};

const usageQuery = {
  by: { schema: z.enum(usageBys).default('project'), description: 'What to count by.' },
  project: listQuery.project,
  from: { schema: z.iso.date(), description: 'The first day, UTC; default: the first of the month of `to`.' },
  to: { schema: z.iso.date(), description: 'The last day, UTC; default: today.' },
  cursor: listQuery.cursor,
};

const jobResult = z.union([echoResult, chatResult, codeResult, researchResult, agentResult]);

/** Every route of the client API. The functions, the command line and the OpenAPI document read this one table. */
export const routes = {
  submitJob: {
    method: 'POST',
    path: '/jobs',
    summary: 'Submit a job',
    headers: idempotencyKey,
    body: jobRequest,
    replies: {
      201: { description: 'Accepted', schema: jobView },
      200: { description: 'The same request came before', schema: jobView },
    },
  },
  listJobs: {
    method: 'GET',
    path: '/jobs',
    summary: 'List jobs, newest first',
    query: listQuery,
    replies: { 200: { description: 'A page', schema: page(jobView) } },
  },
  readJob: {
    method: 'GET',
    path: '/jobs/{id}',
    summary: 'Read a job',
    replies: { 200: { description: 'The job', schema: jobView } },
  },
  readResult: {
    method: 'GET',
    path: '/jobs/{id}/result',
    summary: 'Read the result document of a job, also what an agent left that met a cap',
    replies: { 200: { description: 'The document itself', schema: jobResult } },
  },
  readEvents: {
    method: 'GET',
    path: '/jobs/{id}/events',
    summary: 'Read what the worker said',
    query: { after: { schema: z.string(), description: 'The cursor of the answer before.' } },
    replies: { 200: { description: 'Events in order', schema: page(numberedEvent) } },
  },
  cancelJob: {
    method: 'POST',
    path: '/jobs/{id}/cancel',
    summary: 'Cancel a job',
    replies: {
      200: { description: 'It is CANCELLED', schema: jobView },
      202: { description: 'It is STOPPING, and CANCELLED once its worker is gone', schema: jobView },
    },
  },
  retryJob: {
    method: 'POST',
    path: '/jobs/{id}/retry',
    summary: 'Run an ended job again, as a new job',
    headers: idempotencyKey,
    replies: {
      201: { description: 'The new job', schema: jobView },
      200: { description: 'The same request came before', schema: jobView },
    },
  },
  listJobFiles: {
    method: 'GET',
    path: '/jobs/{id}/files',
    summary: 'List the files of a job',
    replies: {
      200: { description: 'Files, each with an address that works for five minutes', schema: page(fileView) },
    },
  },
  readJobFile: {
    method: 'GET',
    path: '/jobs/{id}/files/{path+}',
    summary: 'Read one file of a job',
    replies: {
      200: { description: 'The file, with an address that works for five minutes', schema: fileView },
    },
  },
  createUploads: {
    method: 'POST',
    path: '/uploads',
    summary: 'Get places for input files',
    body: uploadRequest,
    replies: {
      201: {
        description: 'One address for each file; each takes exactly that content',
        schema: page(uploadTarget),
      },
    },
  },
  readUsage: {
    method: 'GET',
    path: '/usage',
    summary: 'See what model calls have used and cost',
    query: usageQuery,
    replies: {
      200: {
        description: 'A page; a key may come again on a later one, and the pages are to be added up',
        schema: page(usageItem).extend({
          by: z.enum(usageBys),
          from: z.iso.date(),
          to: z.iso.date(),
        }),
      },
    },
  },
  listExecutions: {
    method: 'GET',
    path: '/executions',
    summary: 'List attempts that have ended, the last one first',
    query: {
      project: listQuery.project,
      limit: listQuery.limit,
      cursor: listQuery.cursor,
    },
    replies: { 200: { description: 'A page', schema: page(executionView) } },
  },
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

export type RouteName = keyof typeof routes;
export const apiVersion = '0.1.0';
