import * as z from 'zod';
import { numberedRunEvent } from '../run-events.ts';
import { runRequest } from '../run-request.ts';
import { runView } from '../run-view.ts';
import { filePage, oneFile } from './file-replies.ts';
import { afterQuery, idempotencyKey, listQuery, page, type Route } from './route.ts';

/** Objectives that are given to teams. */
export const runRoutes = {
  startRun: {
    function: 'runs',
    method: 'POST',
    path: '/runs',
    summary: 'Give an objective to a team',
    headers: idempotencyKey,
    body: runRequest,
    replies: {
      201: { description: 'Accepted', schema: runView },
      200: { description: 'The same request came before', schema: runView },
    },
  },
  listRuns: {
    function: 'runs',
    method: 'GET',
    path: '/runs',
    summary: 'List runs, newest first',
    query: {
      project: listQuery.project,
      status: { schema: z.string(), description: 'Only runs in this state.' },
      limit: listQuery.limit,
      cursor: listQuery.cursor,
    },
    replies: { 200: { description: 'A page', schema: page(runView) } },
  },
  readRun: {
    function: 'runs',
    method: 'GET',
    path: '/runs/{id}',
    summary: 'Read a run with its cycles and their actions',
    replies: { 200: { description: 'The run', schema: runView } },
  },
  readRunEvents: {
    function: 'runs',
    method: 'GET',
    path: '/runs/{id}/events',
    summary: 'Read what happened in a run',
    query: afterQuery,
    replies: { 200: { description: 'Events in order', schema: page(numberedRunEvent) } },
  },
  stopRun: {
    function: 'runs',
    method: 'POST',
    path: '/runs/{id}/stop',
    summary: 'Stop a run with good manners',
    replies: {
      200: { description: 'It is STOPPED', schema: runView },
      202: { description: 'It is STOPPING, and STOPPED once its cycle is closed', schema: runView },
    },
  },
  listRunFiles: {
    function: 'runs',
    method: 'GET',
    path: '/runs/{id}/files',
    summary: 'List the files of a run',
    replies: { 200: filePage },
  },
  readRunFile: {
    function: 'runs',
    method: 'GET',
    path: '/runs/{id}/files/{path+}',
    summary: 'Read one file of a run',
    replies: { 200: oneFile },
  },
} as const satisfies Record<string, Route>;
