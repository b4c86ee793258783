import { momentOf } from '#core/jobs/change-job.ts';
import { concludeStop } from '#core/jobs/transitions.ts';
import type { Mutant } from './mutant.ts';
import { change } from './mutant-tools.ts';

/** Bugs about tasks, slots and results. */
export const computeMutants: readonly Mutant[] = [
  {
    name: 'foreign-slot-release',
    bug: 'a dispatcher that finds the slot taken goes on, and frees it when it loses',
    deps: change('slots', ['dispatcher'], ({ slots }) => ({
      acquire: async (...args) => {
        const answer = await slots.acquire(...args);
        return answer === 'taken' ? 'acquired' : answer;
      },
      release: (lane, key) => slots.release(lane, key),
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
    name: 'no-client-token',
    bug: 'RunTask starts another task when it is sent again',
    ignoresClientToken: true,
  },
  {
    name: 'no-slot-repair',
    bug: 'a slot that a dispatcher took and died with stays taken',
    deps: change('slots', ['reconciler'], ({ slots }) => ({
      read: async (lane) => ({ ...(await slots.read(lane)), held: [] }),
    })),
  },
];
