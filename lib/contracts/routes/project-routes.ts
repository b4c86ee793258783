import * as z from 'zod';
import { projectChange, projectView } from '../project.ts';
import { page, type Route } from './route.ts';

/** What projects remember. */
export const projectRoutes = {
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
} as const satisfies Record<string, Route>;
