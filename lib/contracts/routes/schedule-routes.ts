import * as z from 'zod';
import { scheduleDetail, scheduleRequest, scheduleView, tickView } from '../schedule.ts';
import { listQuery, page, type Route } from './route.ts';

/** What is started again and again. */
export const scheduleRoutes = {
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
} as const satisfies Record<string, Route>;
