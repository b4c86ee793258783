import type { Reservation } from '#contracts/job-row.ts';
import { isTerminal } from '#contracts/job-states.ts';
import { momentOf } from '#core/jobs/change-job.ts';
import { concludeStop } from '#core/jobs/transitions.ts';
import type { CoreDeps } from '#core/ports/core-deps.ts';
import type { ActorKind } from './actor.ts';
import type { Mutant, MutantPlace } from './mutant.ts';

type Part = 'store' | 'slots' | 'months' | 'ledger' | 'tasks' | 'objects';

/** Replaces some methods of one port, for one kind of process or for all. */
function change<P extends Part>(
  part: P,
  kinds: readonly ActorKind[] | 'all',
  make: (deps: CoreDeps, place: MutantPlace) => Partial<CoreDeps[P]>,
): NonNullable<Mutant['deps']> {
  return (deps, place) => {
    if (kinds !== 'all' && !kinds.includes(place.actor.kind)) return deps;
    return { ...deps, [part]: { ...deps[part], ...make(deps, place) } };
  };
}

/** Writes whatever the version is by now. */
const blindly = (kinds: readonly ActorKind[]) =>
  change('store', kinds, ({ store }, { world }) => ({
    replace: (row) => store.replace({ ...row, version: (world.store.rows.get(row.id)?.version ?? 0) + 1 }),
  }));

/** What a mutant has to remember over the processes of one world. */
function memory<T>(make: () => T): (place: MutantPlace) => T {
  const worlds = new WeakMap<object, T>();
  return ({ world }) => {
    const found = worlds.get(world) ?? make();
    worlds.set(world, found);
    return found;
  };
}

const returned = memory(() => new Map<string, number>());
const looks = memory(() => new Map<string, number>());
const settled = memory(() => new Map<string, Reservation[]>());

export const mutants: readonly Mutant[] = [
  {
    name: 'no-attempt-fence',
    bug: 'requireFence lets any attempt of the job through',
    deps: change('store', ['worker-api'], ({ store }, { world, actor: { claimant } }) => ({
      get: async (id) => {
        const row = await store.get(id);
        if (!row || !claimant || id !== claimant.jobId || row.status !== 'RUNNING') return row;
        return { ...row, attempt: claimant.attempt, sessionSha256: claimant.sessionSha256 };
      },
      replace: (row) => {
        const truth = world.store.rows.get(row.id);
        if (truth?.status !== 'RUNNING') return store.replace(row);
        return store.replace({ ...row, attempt: truth.attempt, sessionSha256: truth.sessionSha256 });
      },
    })),
  },
  {
    name: 'heartbeat-without-session',
    bug: 'a heartbeat renews the lease without asking whose it is',
    deps: change('store', ['worker-api'], ({ store }, { world }) => ({
      renewLease: (renewal) => {
        const { attempt = 0, sessionSha256 = '' } = world.store.rows.get(renewal.id) ?? {};
        return store.renewLease({ ...renewal, attempt, sessionSha256 });
      },
    })),
  },
  {
    name: 'claim-without-version',
    bug: 'the claim is not conditional on the version that was read',
    deps: blindly(['dispatcher']),
  },
  {
    name: 'cancel-without-version',
    bug: 'a cancel is written over whatever happened since it read the row',
    deps: blindly(['api']),
  },
  {
    name: 'reconcile-without-version',
    bug: 'the reconciler writes over whatever happened since it read the row',
    deps: blindly(['reconciler']),
  },
  {
    name: 'foreign-slot-release',
    bug: 'a dispatcher that finds the slot taken goes on, and frees it when it loses',
    deps: change('slots', ['dispatcher'], ({ slots }) => ({
      acquire: async (...args) => {
        const answer = await slots.acquire(...args);
        return answer === 'taken' ? 'acquired' : answer;
      },
      release: (key) => slots.release(key),
    })),
  },
  {
    name: 'cancel-without-proof',
    bug: 'a cancel ends the job at once, whatever its worker still does',
    deps: change('store', ['api'], (deps) => ({
      replace: async (row) => {
        const isWritten = await deps.store.replace(row);
        if (isWritten && row.status === 'STOPPING')
          await deps.store.replace({ ...concludeStop(row, momentOf(deps)), version: row.version + 1 });
        return isWritten;
      },
    })),
  },
  {
    name: 'requeue-without-stop',
    bug: 'a lost lease is taken as proof that the worker is gone',
    deps: change('tasks', ['reconciler'], ({ tasks }) => ({
      describe: async (taskArn) => {
        const state = await tasks.describe(taskArn);
        return state.kind === 'alive' ? { kind: 'stopped', how: 'exited', reason: 'surely' } : state;
      },
    })),
  },
  {
    name: 'missing-is-gone',
    bug: 'ECS is asked about a task and its not knowing it yet counts as its end',
    deps: change('tasks', ['reconciler'], () => ({ describe: async () => ({ kind: 'missing' }) })),
  },
  {
    name: 'no-reconciler',
    bug: 'nobody looks after what was left undone',
    deps: change('store', ['reconciler'], () => ({
      get: async () => undefined,
      due: async () => [],
      queuedHead: async () => [],
    })),
  },
  {
    name: 'no-pump',
    bug: 'a wake-up that was lost twice is never sent again',
    deps: change('store', ['reconciler'], () => ({ queuedHead: async () => [] })),
  },
  {
    name: 'shared-result-key',
    bug: 'all attempts put their result under one key',
    deps: (deps, place) => {
      const shared = (key: string) => key.replace(/attempts\/\d+/, 'attempts/1');
      const { objects, store } = deps;
      if (place.actor.kind !== 'worker-api') return deps;
      return {
        ...deps,
        objects: {
          ...objects,
          head: (key) => objects.head(shared(key)),
          presignPut: (key, content, seconds) => objects.presignPut(shared(key), content, seconds, false),
        },
        store: {
          ...store,
          replace: (row) => {
            const key = shared(row.result?.key ?? '');
            if (!row.result || row.result.key === key) return store.replace(row);
            return store.replace({ ...row, result: { ...row.result, key } });
          },
        },
      };
    },
  },
  {
    name: 'ledger-without-key',
    bug: 'a ledger entry is added at every try instead of once a call',
    deps: change('ledger', 'all', ({ ledger, random }) => ({
      put: (entry) => ledger.put({ ...entry, key: `${entry.key}~${random.hex(4)}` }),
    })),
  },
  {
    name: 'give-back-twice',
    bug: 'what a job did not need is taken off the month at every delivery',
    deps: change('months', 'all', ({ months }, place) => ({
      giveBack: async (request) => {
        const { project, month, jobId, keptMicroUsd } = request;
        const state = place.world.months.months.get(`${project} ${month}`);
        const again = returned(place).get(jobId);
        if (state && again !== undefined) state.committedMicroUsd -= again;
        const note = state?.grants.get(jobId);
        await months.giveBack(request);
        if (note) returned(place).set(jobId, note.totalMicroUsd - keptMicroUsd);
      },
    })),
  },
  {
    name: 'grant-forgotten',
    bug: 'only a job that knows of a grant gives anything back',
    deps: change('store', 'all', ({ store }) => ({
      replace: (row) => {
        const { settle: _, ...outbox } = row.outbox;
        return store.replace(isTerminal(row.status) && row.grants === 0 ? { ...row, outbox } : row);
      },
    })),
  },
  {
    name: 'settled-twice',
    bug: 'a settlement that comes again is charged again',
    deps: change('store', ['worker-api'], ({ store }, place) => ({
      get: async (id) => {
        const row = await store.get(id);
        const again = settled(place).get(id);
        return row && again ? { ...row, reservations: [...row.reservations, ...again] } : row;
      },
      replace: async (row) => {
        const before = place.world.store.rows.get(row.id)?.reservations ?? [];
        const phantoms = settled(place).get(row.id) ?? [];
        const isOpen = (key: string, list: readonly Reservation[]) => list.some((open) => open.key === key);
        const reservations = row.reservations.filter(
          ({ key }) => !isOpen(key, phantoms) || isOpen(key, before),
        );
        const isSame = reservations.length === row.reservations.length;
        const isWritten = await store.replace(isSame ? row : { ...row, reservations });
        if (isWritten)
          settled(place).set(row.id, [
            ...phantoms,
            ...before.filter(({ key }) => !isOpen(key, reservations)),
          ]);
        return isWritten;
      },
    })),
  },
  {
    name: 'turn-opened-again',
    bug: 'a request that was under way for long puts money aside for a turn that is paid',
    deps: change('store', ['worker-api'], ({ store }, { world }) => ({
      get: async (id) => {
        const row = await store.get(id);
        return row && { ...row, turns: undefined };
      },
      replace: (row) => store.replace({ ...row, turns: row.turns ?? world.store.rows.get(row.id)?.turns }),
    })),
  },
  {
    name: 'read-then-put',
    bug: 'the same request is looked for with a read, and the row is put without a condition',
    deps: change('store', ['api'], ({ store }, { world, actor }) => ({
      create: async (row) => {
        if (await store.get(row.id)) return false;
        // The way that the put takes to the table.
        await store.get(row.id);
        world.as(actor, () => world.store.write(row, 'create'));
        return true;
      },
    })),
  },
  {
    name: 'unblock-by-counting',
    bug: 'parents are counted as they end instead of read, and an end is told more than once',
    deps: change('store', 'all', ({ store }, place) => ({
      getMany: async (ids) => {
        const rows = await store.getMany(ids);
        const child = [...place.world.store.rows.values()].find(
          ({ status, dependsOn }) =>
            status === 'BLOCKED' && dependsOn.length > 1 && `${dependsOn}` === `${ids}`,
        );
        if (!child || !rows.some(({ status }) => status === 'SUCCEEDED')) return rows;
        const count = (looks(place).get(child.id) ?? 0) + 1;
        looks(place).set(child.id, count);
        return count < ids.length ? rows : rows.map((row) => ({ ...row, status: 'SUCCEEDED' }));
      },
    })),
  },
  {
    name: 'no-client-token',
    bug: 'RunTask starts another task when it is sent again',
    ignoresClientToken: true,
  },
  {
    name: 'claim-not-recognised',
    bug: 'a claim whose reply was lost is taken for somebody else’s',
    deps: change('store', ['dispatcher'], ({ store }) => ({
      get: async (id) => {
        const row = await store.get(id);
        return row && { ...row, claimedBy: undefined };
      },
    })),
  },
  {
    name: 'no-slot-repair',
    bug: 'a slot that a dispatcher took and died with stays taken',
    deps: change('slots', ['reconciler'], ({ slots }) => ({
      read: async () => ({ ...(await slots.read()), held: [] }),
    })),
  },
];
