import * as z from 'zod';
import type { Route } from './routes.ts';
import { teamDocument, teamView } from './team.ts';

/** Teams over the client API. */
export const teamRoutes = {
  listTeams: {
    method: 'GET',
    path: '/teams',
    summary: 'List the teams, shipped ones and those that were put',
    replies: {
      200: {
        description: 'All of them, by name',
        schema: z.strictObject({ items: z.array(teamView), cursor: z.string().optional() }),
      },
    },
  },
  readTeam: {
    method: 'GET',
    path: '/teams/{name}',
    summary: 'Read a team',
    replies: { 200: { description: 'The team', schema: teamView } },
  },
  putTeam: {
    method: 'PUT',
    path: '/teams/{name}',
    summary: 'Put a team, or replace it; runs that have begun keep the one that they began with',
    body: teamDocument,
    replies: { 200: { description: 'The team as it is now', schema: teamView } },
  },
} as const satisfies Record<string, Route>;
