import type { Reservation } from '#contracts/job-row.ts';
import { isTerminal } from '#contracts/job-states.ts';
import type { Mutant } from './mutant.ts';
import { change, memory } from './mutant-tools.ts';

const returned = memory(() => new Map<string, number>());
const settled = memory(() => new Map<string, Reservation[]>());

/** Bugs about what is granted, reserved and charged. */
export const moneyMutants: readonly Mutant[] = [
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
];
