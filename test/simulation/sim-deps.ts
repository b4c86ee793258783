import type { DispatchDeps } from '#core/dispatch/dispatch.ts';
import type { CoreDeps, RunPorts } from '#core/ports/core-deps.ts';
import type { StartRunDeps } from '#core/runs/start-run.ts';
import { makeLaneLauncher } from '../../lib/adapters/aws/lane-launcher.ts';
import type { Actor } from './actor.ts';
import { fastDigest } from './fast-digest.ts';
import type { World } from './world.ts';

const storeMethods = [
  'get',
  'getMany',
  'create',
  'replace',
  'renewLease',
  'queuedHead',
  'due',
  'listed',
] as const;
const slotMethods = ['acquire', 'release', 'read', 'setStopped'] as const;
const objectMethods = ['put', 'putOnce', 'get', 'head', 'list', 'remove'] as const;

/** Whatever the core may ask the world for. */
export type SimDeps = CoreDeps & DispatchDeps & RunPorts & Pick<StartRunDeps, 'teams' | 'providers'>;

/** The core's ports as one process has them. */
export function makeDeps(world: World, actor: Actor): SimDeps {
  const { objects } = world;
  return {
    ...makeRunPorts(world, actor),
    store: through(world, actor, 'store', world.store, storeMethods),
    slots: through(world, actor, 'slots', world.slots, slotMethods),
    months: through(world, actor, 'months', world.months, [
      'grant',
      'read',
      'claimTelling',
      'warned',
      'giveBack',
    ]),
    ledger: through(world, actor, 'ledger', world.ledger, ['put', 'entries', 'ofDay']),
    executions: through(world, actor, 'executions', world.executions, ['put', 'listed']),
    events: through(world, actor, 'events', world.events, ['append', 'read']),
    projects: through(world, actor, 'projects', world.projects, ['note', 'all']),
    // No simulated job has a receiver: nothing is asked of this.
    webhooks: world.webhooks,
    notes: through(world, actor, 'notes', world.notes, ['list', 'get', 'put']),
    queue: through(world, actor, 'queue', world.queue, ['send']),
    launcher: makeLaneLauncher({
      fargate: through(world, actor, 'ecs', world.ecs, ['launch']),
      function: through(world, actor, 'lambda', world.lambda, ['launch']),
    }),
    spot: world.spot,
    tasks: through(world, actor, 'ecs', world.ecs, ['stop', 'describe', 'find']),
    cluster: through(world, actor, 'ecs', world.ecs, ['alive']),
    objects: {
      ...through(world, actor, 'objects', objects, objectMethods),
      // Signing an address is arithmetic: nobody is asked.
      presignGet: (key, seconds) => objects.presignGet(key, seconds),
      presignPut: (...args) => objects.presignPut(...args),
      uri: (key) => objects.uri(key),
    },
    modelAccess: {
      lend: () => {
        throw new Error('no simulated job has a model on AWS');
      },
    },
    keys: { read: async () => ({ anthropic: { apiKey: 'simulated' } }) },
    clock: { nowMs: () => world.nowMs + actor.clockSkewMs },
    random: { hex: (bytes) => world.chance.hex(bytes), fraction: () => world.chance.next() },
    digest: fastDigest,
    log: silent,
    metrics: silent,
    settings: world.settings,
  };
}

const rowMethods = ['get', 'create', 'replace'] as const;

function makeRunPorts(world: World, actor: Actor): RunPorts & Pick<SimDeps, 'teams' | 'providers'> {
  const { runs, states, people, teams } = world;
  return {
    runs: {
      runs: through(world, actor, 'runs.runs', runs.runs, rowMethods),
      cycles: through(world, actor, 'runs.cycles', runs.cycles, [...rowMethods, 'ofRun']),
      gates: through(world, actor, 'runs.gates', runs.gates, rowMethods),
      recoveries: through(world, actor, 'runs.recoveries', runs.recoveries, rowMethods),
      events: through(world, actor, 'runs.events', runs.events, ['say', 'read']),
      ...through(world, actor, 'runs', runs, ['listedRuns', 'listedGates', 'watched', 'due']),
    },
    workflow: {
      ...through(world, actor, 'states', states, ['start', 'succeed', 'describe']),
      arnOf: (name) => states.arnOf(name),
    },
    // Only these two roles may publish.
    ...(actor.kind === 'steps' || actor.kind === 'reconciler'
      ? { announcer: through(world, actor, 'people', people, ['announce']) }
      : {}),
    teams,
    providers: { read: async () => ['anthropic'] },
  };
}

const silent = { info() {}, warn() {}, count() {} };

export function through<T extends object, K extends keyof T & string>(
  world: World,
  actor: Actor,
  name: string,
  port: T,
  methods: readonly K[],
): Pick<T, K> {
  const wrapped: Record<string, unknown> = {};
  for (const method of methods) {
    const run = port[method] as (...args: unknown[]) => Promise<unknown>;
    wrapped[method] = (...args: unknown[]) =>
      world.ports.call(actor, `${name}.${method}`, () => run.apply(port, args), args);
  }
  return wrapped as Pick<T, K>;
}
