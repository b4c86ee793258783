import * as z from 'zod';
import { executionView } from '../executions.ts';
import { monthBudget, usageBys, usageItem } from '../usage.ts';
import { listQuery, page, type Route } from './route.ts';

const usageQuery = {
  by: { schema: z.enum(usageBys).default('project'), description: 'What to count by.' },
  project: listQuery.project,
  from: { schema: z.iso.date(), description: 'The first day, UTC; default: the first of the month of `to`.' },
  to: { schema: z.iso.date(), description: 'The last day, UTC; default: today.' },
  cursor: listQuery.cursor,
};

/** What work has used and cost. */
export const usageRoutes = {
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
          /** By project, on the first page. */
          budgets: z.array(monthBudget).optional(),
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
      agent: { schema: z.string(), description: 'Only of this agent of a team.' },
      limit: listQuery.limit,
      cursor: listQuery.cursor,
    },
    replies: { 200: { description: 'A page', schema: page(executionView) } },
  },
} as const satisfies Record<string, Route>;
