import { approvalRoutes } from './routes/approval-routes.ts';
import { jobRoutes } from './routes/job-routes.ts';
import { operationRoutes } from './routes/operation-routes.ts';
import { projectRoutes } from './routes/project-routes.ts';
import type { Route, RouteFunction } from './routes/route.ts';
import { runRoutes } from './routes/run-routes.ts';
import { scheduleRoutes } from './routes/schedule-routes.ts';
import { teamRoutes } from './routes/team-routes.ts';
import { usageRoutes } from './routes/usage-routes.ts';
import { webhookRoutes } from './routes/webhook-routes.ts';

/** Every route of the client API. The functions, the command line and the OpenAPI document read this one table. */
export const routes = {
  ...jobRoutes,
  ...usageRoutes,
  ...runRoutes,
  ...approvalRoutes,
  ...teamRoutes,
  ...projectRoutes,
  ...webhookRoutes,
  ...scheduleRoutes,
  ...operationRoutes,
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
