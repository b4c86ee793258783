import * as z from 'zod';
import { numberedEvent } from '../job-events.ts';
import { jobRequest, uploadRequest } from '../job-request.ts';
import {
  agentResult,
  chatResult,
  codeResult,
  echoResult,
  jobView,
  researchResult,
  uploadTarget,
} from '../job-view.ts';
import { meetingResult } from '../plan.ts';
import { actionReview, cycleReview } from '../review.ts';
import { filePage, oneFile } from './file-replies.ts';
import { afterQuery, idempotencyKey, listQuery, page, type Route } from './route.ts';

const jobQuery = {
  project: listQuery.project,
  status: { schema: z.string(), description: 'Only jobs in this state.' },
  type: { schema: z.string(), description: 'Only jobs of this type.' },
  run: { schema: z.string(), description: 'Only jobs of this run.' },
  limit: listQuery.limit,
  cursor: listQuery.cursor,
};

const jobResult = z.union([
  echoResult,
  chatResult,
  codeResult,
  researchResult,
  agentResult,
  meetingResult,
  actionReview,
  cycleReview,
]);

/** Jobs, and the places for their input files. */
export const jobRoutes = {
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
    query: jobQuery,
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
    query: afterQuery,
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
    replies: { 200: filePage },
  },
  readJobFile: {
    method: 'GET',
    path: '/jobs/{id}/files/{path+}',
    summary: 'Read one file of a job',
    replies: { 200: oneFile },
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
} as const satisfies Record<string, Route>;
