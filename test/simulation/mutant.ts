import type { WorkerPorts } from '#core/ports/worker.ts';
import type { Actor } from './actor.ts';
import type { SimScheduleDeps } from './schedules/schedule-deps.ts';
import type { SimDeps } from './sim-deps.ts';
import type { World } from './world.ts';

export interface MutantPlace {
  world: World;
  actor: Actor;
}

/** A protocol bug, put in by wrapping what the core is given. The simulation must find each of them. */
export interface Mutant {
  name: string;
  /** What a reader would have got wrong. */
  bug: string;
  /** ECS that starts a new task at every call. */
  ignoresClientToken?: boolean;
  deps?(deps: SimDeps, place: MutantPlace): SimDeps;
  /** Found in worlds with a run. */
  isOfRuns?: boolean;
  /** Found in worlds with a run that goes on for a day. */
  isOfRhythm?: boolean;
  /** Found in worlds with schedules. */
  isOfSchedules?: boolean;
  scheduleDeps?(deps: SimScheduleDeps, place: MutantPlace): SimScheduleDeps;
  /** What an agent's worker is given. */
  work?(ports: WorkerPorts): WorkerPorts;
  /** Changes a class for as long as a seed runs; what it returns changes it back. */
  patch?(): () => void;
}
