import type { Context } from 'aws-lambda';
import { makeAlarmStates } from '#adapters/aws/alarm-states.ts';
import { documentClient } from '#adapters/aws/clients.ts';
import { makeSpending } from '#adapters/aws/cost-explorer.ts';
import { makeDynamoSchedules } from '#adapters/aws/dynamo-schedules.ts';
import { makeRunControlDeps, runControlVariables } from '#adapters/aws/run-control-deps.ts';
import { targetOf } from '#adapters/aws/sfn-workflow.ts';
import { makeCalendar } from '#adapters/calendar/cron-calendar.ts';
import { readEndpointUrl, readFunctionEnvironment } from '#adapters/env.ts';
import { type HttpCall, idOf, makeApiRouter } from '#adapters/http/api-router.ts';
import { callerVariables, makeCallerOf } from '#adapters/http/caller-of.ts';
import { type HttpEvent, idempotencyKeyOf, jsonBodyOf, requireNoBody } from '#adapters/http/http-request.ts';
import { jsonResponse } from '#adapters/http/problem-response.ts';
import { makeTelemetry } from '#adapters/telemetry.ts';
import { type AlarmEvent, alarmEvent } from '#contracts/alarm-event.ts';
import { watchCall } from '#contracts/recovery.ts';
import { routesOf, type SchedulesRoute } from '#contracts/routes.ts';
import { fireCall, type ScheduleRow } from '#contracts/schedule.ts';
import { lookAtRecovery } from '#core/runs/recovery/look-at-recovery.ts';
import {
  deleteSchedule,
  pauseSchedule,
  requireSchedule,
  resumeSchedule,
} from '#core/schedules/change-schedule.ts';
import { createSchedule } from '#core/schedules/create-schedule.ts';
import { fireAlarm } from '#core/schedules/fire-alarm.ts';
import { fireSchedule } from '#core/schedules/fire-schedule.ts';
import { listSchedules, viewOf } from '#core/schedules/read-schedules.ts';
import { tickViewOf } from '#core/schedules/schedule-view.ts';
import { startNow } from '#core/schedules/start-now.ts';

const env = readFunctionEnvironment([...runControlVariables, ...callerVariables]);
const telemetry = makeTelemetry('schedules');
const client = documentClient();
const table = { client, tableName: env.TABLE_NAME };
const target = targetOf(client, readEndpointUrl());
const deps = {
  ...makeRunControlDeps(env, client, telemetry),
  schedules: makeDynamoSchedules(table),
  calendar: makeCalendar(),
  access: env.ACCESS,
  alarms: makeAlarmStates(target),
  spending: makeSpending(target),
};
const { callerOf, bodilessCallerOf } = makeCallerOf(env);

async function answer(status: number, row: ScheduleRow, headers: Record<string, string> = {}) {
  return jsonResponse(status, { ...(await viewOf(deps, row)), starts: row.starts }, headers);
}

const handlers: Record<SchedulesRoute, (call: HttpCall) => Promise<Response>> = {
  createSchedule: async (call) => {
    const { row, replayed } = await createSchedule(deps, callerOf(call), jsonBodyOf(call.event));
    return answer(replayed ? 200 : 201, row, { location: `/schedules/${row.id}` });
  },
  listSchedules: async (call) => jsonResponse(200, await listSchedules(deps, callerOf(call), call.query)),
  readSchedule: async (call) => answer(200, await requireSchedule(deps, callerOf(call), idOf(call))),
  deleteSchedule: async (call) => {
    const row = await deleteSchedule(deps, bodilessCallerOf(call), idOf(call));
    return jsonResponse(200, { deleted: true, id: row.id, name: row.name });
  },
  pauseSchedule: async (call) => answer(200, await pauseSchedule(deps, bodilessCallerOf(call), idOf(call))),
  resumeSchedule: async (call) => answer(200, await resumeSchedule(deps, bodilessCallerOf(call), idOf(call))),
  startSchedule: async (call) => {
    requireNoBody(call.event);
    const key = idempotencyKeyOf(call.event);
    const { row, tickId } = await startNow(deps, callerOf(call), idOf(call), key);
    return jsonResponse(200, tickViewOf(row, tickId));
  },
};

const resolve = makeApiRouter(routesOf('schedules'), handlers, { telemetry, hex: deps.random.hex });

/** Clients' calls, and those by which the reconciler says what is due: schedules, and waits for alarms. */
export async function handler(event: unknown, context: Context): Promise<unknown> {
  const { data: due } = fireCall.safeParse(event);
  if (due) return bring('schedule', due.schedules, (id) => fireSchedule(deps, id));
  const { data: changed } = alarmEvent.safeParse(event);
  if (changed) return hear(changed);
  const { data: watched } = watchCall.safeParse(event);
  if (watched) return bring('recovery', watched.recoveries, (id) => lookAtRecovery(deps, id));
  return resolve(event as HttpEvent, context);
}

/** What could not be written down has to come again: Lambda tries an event twice more. */
async function hear(changed: AlarmEvent): Promise<unknown> {
  try {
    await fireAlarm(deps, changed);
    return { alarm: changed.facts.name, state: changed.state };
  } finally {
    telemetry.flush();
  }
}

/** Side by side: one that takes long keeps none of the others waiting. */
async function bring(
  kind: 'schedule' | 'recovery',
  ids: readonly string[],
  forward: (id: string) => Promise<unknown>,
): Promise<unknown> {
  try {
    const done = await Promise.allSettled(ids.map(forward));
    for (const [at, result] of done.entries())
      if (result.status === 'rejected')
        telemetry.log.warn(`${kind} not brought forward`, { [kind]: ids[at], reason: String(result.reason) });
    return { [kind]: ids.length };
  } finally {
    telemetry.flush();
  }
}
