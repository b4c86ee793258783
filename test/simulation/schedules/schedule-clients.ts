import { AppError } from '#contracts/errors.ts';
import { resumeAll, stopAll } from '#core/operations/stop-all.ts';
import { deleteSchedule, pauseSchedule, resumeSchedule } from '#core/schedules/change-schedule.ts';
import { createSchedule } from '#core/schedules/create-schedule.ts';
import { startNow } from '#core/schedules/start-now.ts';
import type { Actor } from '../actor.ts';
import { caller } from '../clients.ts';
import type { Rng } from '../rng.ts';
import type { World } from '../world.ts';
import { type SimScheduleDeps, scheduleDepsOf } from './schedule-deps.ts';
import { makeAlarmedSpec, makeSpec, type Season, toRequest } from './schedule-scenario.ts';
import type { TickOracle } from './tick-oracle.ts';

const apiTimeoutMs = 25_000;
const hourMs = 3_600_000;

export interface Client {
  world: World;
  actor: Actor;
  chance: Rng;
  ticks: TickOracle;
  season: Season;
  /** An alarm starts what it makes. */
  isAlarmed?: boolean;
}

/** Asks until there is an answer; undefined where it is a refusal that may be. */
async function ask<T>(
  { world, actor, chance }: Client,
  what: string,
  work: (deps: SimScheduleDeps) => Promise<T>,
): Promise<T | undefined> {
  for (;;)
    try {
      return await world.runFunction('api', what, apiTimeoutMs, (deps, process) =>
        work(scheduleDepsOf(world, process, deps)),
      );
    } catch (error) {
      const isRefused = error instanceof AppError && !error.retryable && error.code !== 'busy';
      if (isRefused) return undefined;
      await world.sleep(actor, chance.int(2, 90) * 1000);
    }
}

/** One schedule under one name, and what its owner does with it until faults cease. */
export async function ownSchedule(client: Client, name: string): Promise<void> {
  const { world, actor, chance } = client;
  const rest = (most: number) => world.sleep(actor, chance.int(600_000, most * hourMs));
  await world.sleep(actor, chance.int(0, hourMs));
  let id = await create(client, name);
  while (!world.faults.isHealed) {
    await rest(16);
    if (world.faults.isHealed) return;
    if (id === undefined) id = await create(client, name);
    else if (chance.chance(0.35)) await startOne(client, id);
    else if (chance.chance(0.6)) await pauseFor(client, id, () => rest(6));
    else id = await remove(client, id);
  }
}

/** A new life, with a rhythm of its own. */
async function create(client: Client, name: string): Promise<string | undefined> {
  const { world, chance, ticks, season } = client;
  const spec = client.isAlarmed ? makeAlarmedSpec(chance, season) : makeSpec(chance, season);
  const body = toRequest(spec, name, world.nowMs);
  ticks.expect(name, spec);
  const made = await ask(client, `create ${name}`, (deps) => createSchedule(deps, caller, body));
  return made?.row.id;
}

async function startOne(client: Client, id: string): Promise<void> {
  const key = client.chance.hex(4);
  const started = await ask(client, `start ${id}`, (deps) => startNow(deps, caller, id, key));
  if (started) client.ticks.asked(id, started.tickId);
}

async function pauseFor(client: Client, id: string, rest: () => Promise<void>): Promise<void> {
  await ask(client, `pause ${id}`, (deps) => pauseSchedule(deps, caller, id));
  await rest();
  await ask(client, `resume ${id}`, (deps) => resumeSchedule(deps, caller, id));
}

async function remove(client: Client, id: string): Promise<undefined> {
  await ask(client, `delete ${id}`, (deps) => deleteSchedule(deps, caller, id));
  return undefined;
}

/** Pulls the kill switch now and then, and takes it back. */
export async function operate(client: Client): Promise<void> {
  const { world, actor, chance, ticks } = client;
  while (!world.faults.isHealed) {
    await world.sleep(actor, chance.int(hourMs, 40 * hourMs));
    if (world.faults.isHealed) return;
    ticks.stopping();
    await ask(client, 'stop-all', (deps) => stopAll(deps, caller));
    await world.sleep(actor, chance.int(60_000, 5 * hourMs));
    await ask(client, 'resume-all', (deps) => resumeAll(deps, caller));
    ticks.resumed();
  }
}

/** Somebody takes the owner's rights away, and gives them back. */
export async function govern({ world, actor, chance, ticks }: Client): Promise<void> {
  while (!world.faults.isHealed) {
    await world.sleep(actor, chance.int(10 * hourMs, 60 * hourMs));
    if (world.faults.isHealed) return;
    world.hasRights = false;
    ticks.rightsChanged();
    await world.sleep(actor, chance.int(600_000, 4 * hourMs));
    world.hasRights = true;
    ticks.rightsChanged();
  }
}
