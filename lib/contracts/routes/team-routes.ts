import { teamDocument, teamView } from '../team.ts';
import { page, type Route } from './route.ts';

/** Teams, as they are stored. */
export const teamRoutes = {
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
} as const satisfies Record<string, Route>;
