import type { Context } from 'aws-lambda';
import { documentClient } from '#adapters/aws/clients.ts';
import { teamBytes } from '#adapters/aws/dynamo-teams.ts';
import { makeRunControlDeps, runControlVariables } from '#adapters/aws/run-control-deps.ts';
import { consoleOfExecution } from '#adapters/aws/run-links.ts';
import { readFunctionEnvironment } from '#adapters/env.ts';
import { type HttpCall, idOf, makeApiRouter } from '#adapters/http/api-router.ts';
import { callerVariables, makeCallerOf } from '#adapters/http/caller-of.ts';
import { type HttpEvent, idempotencyKeyOf, jsonBodyOf } from '#adapters/http/http-request.ts';
import { jsonResponse } from '#adapters/http/problem-response.ts';
import { makeTelemetry } from '#adapters/telemetry.ts';
import { type RunsRoute, routesOf } from '#contracts/routes.ts';
import type { RunRow } from '#contracts/run-row.ts';
import { decideGate, readGate } from '#core/runs/decide-gate.ts';
import { toGateView } from '#core/runs/gate-view.ts';
import { listProjects, putProject, readProject } from '#core/runs/projects.ts';
import {
  listGates,
  listRunFiles,
  listRuns,
  readRunEvents,
  readRunFile,
  readRunWithCycles,
} from '#core/runs/read-runs.ts';
import { type ShownCycle, toRunView } from '#core/runs/run-view.ts';
import { startRun } from '#core/runs/start-run.ts';
import { stopRun } from '#core/runs/stop-run.ts';
import { putTeam, requireStoredTeam, toStoredTeamView } from '#core/runs/stored-team.ts';

const env = readFunctionEnvironment([...runControlVariables, ...callerVariables]);
const telemetry = makeTelemetry('runs');
const selfHostedAllowed = env.SELF_HOSTED_MODELS;
const deps = { ...makeRunControlDeps(env, documentClient(), telemetry), teamBytes };
const { callerOf, bodilessCallerOf } = makeCallerOf(env);

function view(run: RunRow, cycles: readonly ShownCycle[] = [], costMicroUsd?: number) {
  return toRunView(run, cycles, { consoleOf: consoleOfExecution }, costMicroUsd);
}

async function supply() {
  return { configured: await deps.providers.read(), selfHostedAllowed };
}

const handlers: Record<RunsRoute, (call: HttpCall) => Promise<Response>> = {
  startRun: async (call) => {
    const { event, traceparent } = call;
    const options = { idempotencyKey: idempotencyKeyOf(event), traceparent };
    const { run, replayed } = await startRun(deps, callerOf(call), jsonBodyOf(event), options);
    return jsonResponse(replayed ? 200 : 201, view(run), { location: `/runs/${run.id}` });
  },
  listRuns: async (call) => {
    const { rows, ...cursor } = await listRuns(deps, callerOf(call), call.query);
    return jsonResponse(200, { items: rows.map((run) => view(run)), ...cursor });
  },
  readRun: async (call) => {
    const { run, cycles, costMicroUsd } = await readRunWithCycles(deps, callerOf(call), idOf(call));
    return jsonResponse(200, view(run, cycles, costMicroUsd));
  },
  readRunEvents: async (call) =>
    jsonResponse(200, await readRunEvents(deps, callerOf(call), idOf(call), call.query)),
  stopRun: async (call) => {
    const run = await stopRun(deps, bodilessCallerOf(call), idOf(call));
    return jsonResponse(run.status === 'STOPPED' ? 200 : 202, view(run));
  },
  listRunFiles: async (call) =>
    jsonResponse(200, { items: await listRunFiles(deps, callerOf(call), idOf(call)) }),
  readRunFile: async (call) =>
    jsonResponse(200, await readRunFile(deps, callerOf(call), idOf(call), call.params.path ?? '')),
  listApprovals: async (call) => {
    const { rows, ...cursor } = await listGates(deps, callerOf(call), call.query);
    return jsonResponse(200, { items: rows.map(toGateView), ...cursor });
  },
  readApproval: async (call) =>
    jsonResponse(200, toGateView(await readGate(deps, callerOf(call), idOf(call)))),
  decideApproval: async (call) =>
    jsonResponse(200, toGateView(await decideGate(deps, callerOf(call), idOf(call), jsonBodyOf(call.event)))),
  listProjects: async (call) => jsonResponse(200, { items: await listProjects(deps, callerOf(call)) }),
  readProject: async (call) =>
    jsonResponse(200, await readProject(deps, callerOf(call), call.params.name ?? '')),
  putProject: async (call) =>
    jsonResponse(200, await putProject(deps, callerOf(call), call.params.name ?? '', jsonBodyOf(call.event))),
  listTeams: async (call) => {
    callerOf(call);
    const now = await supply();
    const items = (await deps.teams.all()).map((team) => toStoredTeamView(team, deps.digest, now));
    return jsonResponse(200, { items });
  },
  readTeam: async (call) => {
    callerOf(call);
    const team = await requireStoredTeam(deps.teams, call.params.name ?? '');
    return jsonResponse(200, {
      ...toStoredTeamView(team, deps.digest, await supply()),
      document: team.document,
    });
  },
  putTeam: async (call) => {
    const team = await putTeam(deps, callerOf(call), call.params.name ?? '', jsonBodyOf(call.event));
    return jsonResponse(200, toStoredTeamView(team, deps.digest, await supply()));
  },
};

const resolve = makeApiRouter(routesOf('runs'), handlers, { telemetry, hex: deps.random.hex });

export async function handler(event: HttpEvent, context: Context) {
  return resolve(event, context);
}
