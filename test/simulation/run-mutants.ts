import type { CycleRow } from '#contracts/cycle-row.ts';
import type { RunRow } from '#contracts/run-row.ts';
import type { Actor } from './actor.ts';
import type { Mutant } from './mutant.ts';
import { change } from './mutant-tools.ts';
import { isClosing, stepOf } from './step-name.ts';
import type { World } from './world.ts';

/** Bugs of the protocol between a cycle's steps, its jobs, its gates and Step Functions. */
export const runMutants: readonly Mutant[] = [
  {
    name: 'old-token-kept',
    bug: 'a job that is there keeps the token that it was made with',
    deps: change('store', ['steps'], ({ store }, { world }) => ({
      replace: async (row) => {
        const truth = world.store.rows.get(row.id);
        return truth?.token !== undefined && truth.token !== row.token ? true : store.replace(row);
      },
    })),
  },
  {
    name: 'newest-token-only',
    bug: 'a slow step puts its old token in the place of the new one',
    deps: change('store', 'all', ({ store }) => ({
      replace: ({ olderTokens: _, ...row }) => store.replace(row),
    })),
  },
  {
    name: 'decision-not-told',
    bug: 'a gate is decided, and the waiting state is not told',
    deps: change('runs', 'all', ({ runs }) => ({
      gates: {
        ...runs.gates,
        replace: (row) => runs.gates.replace(row.status === 'PENDING' ? row : { ...row, outbox: {} }),
      },
    })),
  },
  {
    name: 'expiry-forgotten',
    bug: 'a decision is taken after the gate has expired',
    deps: change('runs', ['api'], ({ runs }, { world }) => ({
      gates: {
        ...runs.gates,
        get: async (id) => {
          const row = await runs.gates.get(id);
          return row && { ...row, expiresAtMs: Number.MAX_SAFE_INTEGER };
        },
        replace: (row) =>
          runs.gates.replace({ ...row, expiresAtMs: world.runs.gates.rows.get(row.id)?.expiresAtMs ?? 0 }),
      },
    })),
  },
  {
    name: 'any-digest',
    bug: 'a decision is taken whatever plan it was about',
    deps: change('runs', ['api'], ({ runs }, { world, actor }) => ({
      gates: {
        ...runs.gates,
        get: async (id) => {
          const row = await runs.gates.get(id);
          return row && actor.name.includes('other') ? { ...row, digest: 'f'.repeat(64) } : row;
        },
        replace: (row) =>
          runs.gates.replace({ ...row, digest: world.runs.gates.rows.get(row.id)?.digest ?? '' }),
      },
    })),
  },
  {
    name: 'decided-over',
    bug: 'a decision is written over whatever was decided meanwhile',
    deps: change('runs', ['api'], ({ runs }, { world, actor }) => ({
      gates: {
        ...runs.gates,
        replace: async (row) => {
          // The way that the write takes to the table.
          await runs.gates.get(row.id);
          const { version = 0 } = world.runs.gates.rows.get(row.id) ?? {};
          world.as(actor, () => world.runs.gates.write({ ...row, version: version + 1 }));
          return true;
        },
      },
    })),
  },
  {
    name: 'approval-of-kind-forgotten',
    bug: 'an action of a kind that wants a yes begins without one',
    deps: change('runs', ['steps'], ({ runs }, { actor, world }) => ({
      runs: {
        ...runs.runs,
        get: async (id) => {
          const row = await runs.runs.get(id);
          return row && stepOf(actor) === 'execute'
            ? { ...row, approvals: { ...row.approvals, kinds: [] } }
            : row;
        },
        replace: (row) => runs.runs.replace({ ...row, approvals: truthOf(world, row).approvals }),
      },
    })),
  },
  {
    name: 'dependencies-ignored',
    bug: 'an action begins whatever became of those that it depends on',
    deps: change('runs', ['steps'], ({ runs }, { actor, world }) => ({
      cycles: {
        ...runs.cycles,
        get: async (key) => {
          const row = await runs.cycles.get(key);
          if (!row || stepOf(actor) !== 'execute') return row;
          return { ...row, actions: row.actions.map((action) => ({ ...action, dependsOn: [] })) };
        },
        replace: (row) => runs.cycles.replace(withTrueDependencies(world, row)),
      },
    })),
  },
  {
    name: 'merge-without-condition',
    bug: "what was checked becomes the run's files, whatever they are by now",
    deps: change('runs', ['steps'], ({ runs }, { actor, world }) => ({
      runs: {
        ...runs.runs,
        get: async (id) => {
          const row = await runs.runs.get(id);
          const expected = row && stepOf(actor) === 'judge' ? checkedAgainst(world, actor, row) : undefined;
          return row && expected ? { ...row, workspace: expected.workspace } : row;
        },
      },
    })),
  },
  {
    name: 'next-cycle-twice',
    bug: 'closing a cycle again starts the next one again',
    deps: change('runs', ['steps', 'reconciler'], ({ runs }, { actor }) => ({
      runs: {
        ...runs.runs,
        get: async (id) => {
          const row = await runs.runs.get(id);
          const closing = isClosing(actor);
          return row && closing !== undefined && row.endedAtMs === undefined
            ? { ...row, cycle: closing }
            : row;
        },
      },
    })),
  },
  {
    name: 'close-leaves-jobs',
    bug: 'a cycle is closed, and its jobs and gates live on',
    deps: change('runs', ['steps', 'reconciler'], ({ runs }) => ({
      cycles: {
        ...runs.cycles,
        get: async (key) => {
          const row = await runs.cycles.get(key);
          if (row?.end === undefined) return row;
          const { planningJob: _, reviewJob: __, planGate: ___, releaseGate: ____, ...bare } = row;
          return { ...bare, actions: row.actions.map(({ gate: _, ...action }) => ({ ...action, jobs: [] })) };
        },
      },
    })),
  },
  {
    name: 'close-halts-the-next',
    bug: 'closing a cycle late stops the jobs of the one that its run is in by now',
    deps: change('store', ['steps', 'reconciler'], ({ store }, { actor, world }) => ({
      getMany: async (ids) => {
        const rows = await store.getMany(ids);
        const closing = isClosing(actor);
        const run = [...world.runs.runs.rows.values()].find(({ cycle }) => cycle > (closing ?? cycle));
        const meeting = run && world.store.rows.get(`${run.id}-c${run.cycle}-meet`);
        return meeting && closing !== undefined ? [...rows, meeting] : rows;
      },
    })),
  },
  {
    name: 'no-look-at-executions',
    bug: 'nobody looks whether an execution still lives',
    deps: change('workflow', ['reconciler'], () => ({ describe: async () => ({ kind: 'running' }) })),
  },
  {
    name: 'stop-without-halt',
    bug: 'a run is marked as stopping, and nobody tells its jobs',
    deps: change('runs', ['api'], ({ runs }) => ({
      runs: {
        ...runs.runs,
        replace: (row) => {
          const { halt: _, ...outbox } = row.outbox;
          return runs.runs.replace({ ...row, outbox });
        },
      },
    })),
  },
  {
    name: 'stop-before-start',
    bug: 'a run whose start was not noted yet counts as one that never began',
    deps: change('runs', ['api'], ({ runs }, { actor }) => ({
      cycles: {
        ...runs.cycles,
        get: async (key) => (actor.name.includes('(stop)') ? undefined : runs.cycles.get(key)),
      },
    })),
  },
  {
    name: 'begins-after-the-end',
    bug: 'a step that was slow begins something in a cycle that was closed meanwhile',
    deps: change('runs', ['steps'], ({ runs }, { actor, world }) => ({
      cycles: {
        ...runs.cycles,
        get: async (key) => {
          const row = await runs.cycles.get(key);
          if (!row || isClosing(actor) !== undefined) return row;
          const { end: _, endedAtMs: __, ...open } = row;
          return open;
        },
        replace: (row) => runs.cycles.replace(withTrueEnd(world, row)),
      },
    })),
  },
  {
    name: 'end-forgotten',
    bug: 'an action that has ended is begun once more',
    deps: change('runs', ['steps'], ({ runs }, { actor }) => ({
      cycles: {
        ...runs.cycles,
        get: async (key) => {
          const row = await runs.cycles.get(key);
          if (!row || stepOf(actor) !== 'execute' || row.end !== undefined) return row;
          return { ...row, actions: row.actions.map(reopened) };
        },
      },
    })),
  },
  {
    name: 'cost-added-again',
    bug: 'what a cycle has cost is added each time that it is closed',
    deps: change('runs', ['steps', 'reconciler'], ({ runs }, { world, actor }) => ({
      runs: {
        ...runs.runs,
        replace: (row) => {
          const before = truthOf(world, row).costMicroUsd;
          const isAgain = isClosing(actor) !== undefined && row.endedAtMs !== undefined;
          return runs.runs.replace(isAgain ? { ...row, costMicroUsd: row.costMicroUsd + before } : row);
        },
      },
    })),
  },
].map((mutant) => ({ ...mutant, isOfRuns: true }));

function truthOf({ runs }: World, row: RunRow): RunRow {
  return runs.runs.rows.get(row.id) ?? row;
}

function withTrueDependencies({ runs }: World, row: CycleRow): CycleRow {
  const truth = runs.cycles.rows.get(`${row.run} ${row.cycle}`);
  const dependsOn = (id: number) => truth?.actions.find((each) => each.id === id)?.dependsOn;
  const actions = row.actions.map((action) => ({
    ...action,
    dependsOn: dependsOn(action.id) ?? action.dependsOn,
  }));
  return { ...row, actions };
}

function withTrueEnd({ runs }: World, row: CycleRow): CycleRow {
  const { end, endedAtMs } = runs.cycles.rows.get(`${row.run} ${row.cycle}`) ?? {};
  return end === undefined ? row : { ...row, end, ...(endedAtMs === undefined ? {} : { endedAtMs }) };
}

function reopened(action: CycleRow['actions'][number]): CycleRow['actions'][number] {
  if (!['FAILED', 'UNPROVEN', 'CARRIED'].includes(action.status)) return action;
  const { endedAtMs: _, reason: __, ...open } = action;
  return { ...open, status: 'PENDING' };
}

/** The run's files that the judged action was checked against. */
function checkedAgainst({ runs, store }: World, actor: Actor, { id, cycle }: RunRow) {
  const number = Number(/ a(\d+)\)/.exec(actor.name)?.[1]);
  const state = runs.cycles.rows.get(`${id} ${cycle}`)?.actions.find((each) => each.id === number);
  const checked = store.rows.get(state?.jobs.at(-1) ?? '');
  const workspace = checked?.archives?.head ?? state?.base;
  return state && checked ? { workspace } : undefined;
}
