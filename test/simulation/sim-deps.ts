import type { CoreDeps } from '#core/ports/core-deps.ts';
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

/** The core's ports as one process has them. */
export function makeDeps(world: World, actor: Actor): CoreDeps {
  const { objects } = world;
  return {
    store: through(world, actor, 'store', world.store, storeMethods),
    slots: through(world, actor, 'slots', world.slots, slotMethods),
    months: through(world, actor, 'months', world.months, ['grant', 'giveBack']),
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
    tasks: through(world, actor, 'ecs', world.ecs, ['stop', 'describe', 'find']),
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

const silent = { info() {}, warn() {}, count() {} };

function through<T extends object, K extends keyof T & string>(
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
