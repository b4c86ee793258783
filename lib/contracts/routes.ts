import * as z from 'zod';
import { executionView } from './executions.ts';
import { gateDecision, gateView } from './gate.ts';
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
import { operation, workersView } from './operations.ts';
import { meetingResult } from './plan.ts';
import { projectChange, projectView } from './project.ts';
import { actionReview, cycleReview } from './review.ts';
import { numberedRunEvent, runRequest, runView } from './run.ts';
import { scheduleDetail, scheduleRequest, scheduleView, tickView } from './schedule.ts';
import { teamDocument, teamView } from './team.ts';
import { monthBudget, usageBys, usageItem } from './usage.ts';
import { webhookDetail, webhookSecrets, webhookStatuses, webhookView } from './webhook.ts';

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
  run: { schema: z.string(), description: 'Only jobs of this run.' },
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
    query: { after: { schema: z.string(), description: 'The cursor of the answer before.' } },
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
    replies: {
      200: { description: 'Files, each with an address that works for five minutes', schema: page(fileView) },
    },
  },
  readRunFile: {
    function: 'runs',
    method: 'GET',
    path: '/runs/{id}/files/{path+}',
    summary: 'Read one file of a run',
    replies: {
      200: { description: 'The file, with an address that works for five minutes', schema: fileView },
    },
  },
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
  listTeams: {
    function: 'runs',
    method: 'GET',
    path: '/teams',
    summary: 'List teams',
    replies: { 200: { description: 'All of them', schema: page(teamView) } },
  },
  readTeam: {
    function: 'runs',
    method: 'GET',
    path: '/teams/{name}',
    summary: 'Read a team with its prompts',
    replies: {
      200: {
        description: 'The team',
        schema: teamView.extend({ document: teamDocument }).meta({ id: 'TeamDetail' }),
      },
    },
  },
  putTeam: {
    function: 'runs',
    method: 'PUT',
    path: '/teams/{name}',
    summary: 'Put a team (approvers only); runs that have begun keep the one that they began with',
    body: teamDocument,
    replies: { 200: { description: 'It is stored', schema: teamView } },
  },
  listProjects: {
    function: 'runs',
    method: 'GET',
    path: '/projects',
    summary: 'List the projects that have ever had work',
    replies: { 200: { description: 'All of them', schema: page(z.strictObject({ name: z.string() })) } },
  },
  readProject: {
    function: 'runs',
    method: 'GET',
    path: '/projects/{name}',
    summary: 'Read what a project remembers',
    replies: { 200: { description: 'The project', schema: projectView } },
  },
  putProject: {
    function: 'runs',
    method: 'PUT',
    path: '/projects/{name}',
    summary: 'Change what a project remembers; every version stays',
    body: projectChange,
    replies: { 200: { description: 'The project as it is now', schema: projectView } },
  },
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
  listSchedules: {
    function: 'schedules',
    method: 'GET',
    path: '/schedules',
    summary: 'List schedules, by project and name',
    query: { project: listQuery.project, limit: listQuery.limit, cursor: listQuery.cursor },
    replies: { 200: { description: 'A page', schema: page(scheduleView) } },
  },
  createSchedule: {
    function: 'schedules',
    method: 'POST',
    path: '/schedules',
    summary: 'Have a run or a job started again and again',
    body: scheduleRequest,
    replies: {
      201: { description: 'Made', schema: scheduleDetail },
      200: { description: 'The same schedule is there already', schema: scheduleDetail },
    },
  },
  readSchedule: {
    function: 'schedules',
    method: 'GET',
    path: '/schedules/{id}',
    summary: 'Read a schedule with what it starts, its next ticks and how the last ones ended',
    replies: { 200: { description: 'The schedule', schema: scheduleDetail } },
  },
  deleteSchedule: {
    function: 'schedules',
    method: 'DELETE',
    path: '/schedules/{id}',
    summary: 'Delete a schedule; what it started goes on',
    replies: {
      200: {
        description: 'Its name is free again',
        schema: z.strictObject({ deleted: z.literal(true), id: z.string(), name: z.string() }),
      },
    },
  },
  pauseSchedule: {
    function: 'schedules',
    method: 'POST',
    path: '/schedules/{id}/pause',
    summary: 'Let a schedule tick no more until it is resumed; what it started goes on',
    replies: { 200: { description: 'It is paused', schema: scheduleDetail } },
  },
  resumeSchedule: {
    function: 'schedules',
    method: 'POST',
    path: '/schedules/{id}/resume',
    summary: 'Let a paused schedule go on with its next tick',
    replies: { 200: { description: 'It is active', schema: scheduleDetail } },
  },
  startSchedule: {
    function: 'schedules',
    method: 'POST',
    path: '/schedules/{id}/start',
    summary: 'Have a schedule tick once, now',
    headers: {
      'Idempotency-Key': {
        schema: z.string().max(255),
        description: 'Any string that is new for a new start. The same key again answers with the same tick.',
      },
    },
    replies: { 200: { description: 'What became of the tick', schema: tickView } },
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

export type RouteName = keyof typeof routes;

type OfFunction<F extends RouteFunction> = {
  [N in RouteName]: (typeof routes)[N] extends { function: infer G extends RouteFunction }
    ? G extends F
      ? N
      : never
    : F extends 'orchestrator'
      ? N
      : never;
}[RouteName];
export type OrchestratorRoute = OfFunction<'orchestrator'>;
export type RunsRoute = OfFunction<'runs'>;
export type WebhooksRoute = OfFunction<'webhooks'>;
export type SchedulesRoute = OfFunction<'schedules'>;

/** The routes of one function. */
export function routesOf(name: RouteFunction): Partial<Record<RouteName, Route>> {
  const own = Object.entries<Route>(routes).filter(
    ([, route]) => (route.function ?? 'orchestrator') === name,
  );
  return Object.fromEntries(own);
}
export const apiVersion = '0.1.0';
