import type { ActorKind } from './actor.ts';
import type { Mutant } from './mutant.ts';
import { change, memory } from './mutant-tools.ts';

/** Writes whatever the version is by now. */
const blindly = (kinds: readonly ActorKind[]) =>
  change('store', kinds, ({ store }, { world }) => ({
    replace: (row) => store.replace({ ...row, version: (world.store.rows.get(row.id)?.version ?? 0) + 1 }),
  }));

const looks = memory(() => new Map<string, number>());

/** Bugs about who may write a row, when, and who looks after it. */
export const rowMutants: readonly Mutant[] = [
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
    name: 'claim-not-recognised',
    bug: 'a claim whose reply was lost is taken for somebody else’s',
    deps: change('store', ['dispatcher'], ({ store }) => ({
      get: async (id) => {
        const row = await store.get(id);
        return row && { ...row, claimedBy: undefined };
      },
    })),
  },
];
