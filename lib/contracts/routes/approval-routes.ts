import * as z from 'zod';
import { gateDecision, gateView } from '../gate.ts';
import { listQuery, page, type Route } from './route.ts';

/** What people decide, and what they hand in. */
export const approvalRoutes = {
  listApprovals: {
    function: 'runs',
    method: 'GET',
    path: '/approvals',
    summary: 'List what people have to decide, or have decided',
    query: {
      project: listQuery.project,
      status: {
        schema: z.enum(['pending', 'decided']).default('pending'),
        description: 'What waits, or what is decided.',
      },
      limit: listQuery.limit,
      cursor: listQuery.cursor,
    },
    replies: { 200: { description: 'A page', schema: page(gateView) } },
  },
  readApproval: {
    function: 'runs',
    method: 'GET',
    path: '/approvals/{id}',
    summary: 'Read one approval or human task',
    replies: { 200: { description: 'The approval', schema: gateView } },
  },
  decideApproval: {
    function: 'runs',
    method: 'POST',
    path: '/approvals/{id}',
    summary: 'Approve or reject, or hand in a human task',
    body: gateDecision,
    replies: { 200: { description: 'Decided', schema: gateView } },
  },
} as const satisfies Record<string, Route>;
