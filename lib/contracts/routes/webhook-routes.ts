import * as z from 'zod';
import { webhookDetail, webhookSecrets, webhookStatuses, webhookView } from '../webhook.ts';
import { listQuery, page, type Route } from './route.ts';

/** Webhooks, and the secrets that sign them. */
export const webhookRoutes = {
  listWebhooks: {
    function: 'webhooks',
    method: 'GET',
    path: '/webhooks',
    summary: 'List webhooks, newest first',
    query: {
      project: listQuery.project,
      status: { schema: z.enum(webhookStatuses), description: 'Only those; `dead` were given up.' },
      limit: listQuery.limit,
      cursor: listQuery.cursor,
    },
    replies: { 200: { description: 'A page', schema: page(webhookView) } },
  },
  readWebhook: {
    function: 'webhooks',
    method: 'GET',
    path: '/webhooks/{id}',
    summary: 'Read a webhook with what it says',
    replies: { 200: { description: 'The webhook', schema: webhookDetail } },
  },
  replayWebhook: {
    function: 'webhooks',
    method: 'POST',
    path: '/webhooks/{id}/replay',
    summary: 'Send a webhook again that was delivered or given up',
    replies: { 202: { description: 'It is pending again, under the same id', schema: webhookView } },
  },
  readWebhookSecrets: {
    function: 'webhooks',
    method: 'GET',
    path: '/webhook-secrets/{project}',
    summary: 'Read the signing secrets of a project (approvers only)',
    replies: { 200: { description: 'Those that are valid', schema: webhookSecrets } },
  },
  rotateWebhookSecret: {
    function: 'webhooks',
    method: 'POST',
    path: '/webhook-secrets/{project}/rotate',
    summary: 'Make a new signing secret; the one before signs along for a week (approvers only)',
    replies: { 200: { description: 'Those that are valid', schema: webhookSecrets } },
  },
} as const satisfies Record<string, Route>;
