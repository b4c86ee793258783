import { workspacesFolder } from '#contracts/object-keys.ts';
import { noUsage } from '#contracts/usage.ts';
import type { TurnRequest } from '#contracts/worker-protocol.ts';
import type { ControlPlane } from '#core/ports/control.ts';
import { type Model, ModelError } from '#core/ports/model.ts';
import { Agent } from '#core/work/agent.ts';
import { callsOf, Transcript } from '#core/work/transcript.ts';
import { WorkspaceKeeper } from '#core/work/workspace-keeper.ts';
import { fastDigest } from './fast-digest.ts';
import type { Mutant } from './mutant.ts';
import { change, memory } from './mutant-tools.ts';

type Control = Partial<ControlPlane>;
const control = (make: (control: ControlPlane) => Control): NonNullable<Mutant['work']> => {
  return (ports) => ({ ...ports, control: { ...ports.control, ...make(ports.control) } });
};

const models = (make: (model: Model) => Model): NonNullable<Mutant['work']> => {
  return (ports) => ({
    ...ports,
    openModel: async (...args) => make(await ports.openModel(...args)),
  });
};

/** Puts another method in the place of a class's own, until what it returns is called. */
function replace<T extends object, K extends keyof T>(
  of: T,
  name: K,
  make: (original: T[K]) => T[K],
): () => void {
  const original = of[name];
  of[name] = make(original);
  return () => {
    of[name] = original;
  };
}

const looked = memory(() => new Map<string, string>());

/** Bugs about transcripts, tools, workspaces and slices. */
export const agentMutants: readonly Mutant[] = [
  {
    name: 'segment-not-awaited',
    bug: 'the row names a segment that is still being stored',
    deps: change('objects', ['worker-api'], ({ objects }) => ({
      putOnce: async (...args) => {
        objects.putOnce(...args).catch(() => undefined);
        return 'stored';
      },
    })),
  },
  {
    name: 'chain-begun-again',
    bug: 'the digest of an attempt’s segments begins anew instead of going on',
    deps: change('store', ['worker-api'], ({ store }, { world }) => ({
      replace: (row) => {
        const ranges = row.checkpoint?.conversations.main ?? [];
        const known = world.store.rows.get(row.id)?.checkpoint?.conversations.main ?? [];
        const last = ranges.at(-1);
        if (!last || ranges.length <= 1 || ranges.length === known.length) return store.replace(row);
        const conversations = { main: [...ranges.slice(0, -1), { ...last, sha256: fastDigest.sha256('') }] };
        return store.replace({ ...row, checkpoint: { ...row.checkpoint, conversations } });
      },
    })),
  },
  {
    name: 'recorded-late',
    bug: 'tools are run while their turn is still being recorded',
    work: control(({ turn }) => ({
      turn: async (request, signal) => {
        if (request.reserve || !request.record) return turn(request, signal);
        turn(request, signal).catch(() => undefined);
        return { reservedMicroUsd: 0, spentMicroUsd: 0 };
      },
    })),
  },
  {
    name: 'intent-forgotten',
    bug: 'a call that was open when the worker died is run as if it had never been',
    patch: () => {
      const seen = new WeakSet<Transcript>();
      return replace(
        Transcript.prototype,
        'tail',
        (tail) =>
          function (this: Transcript) {
            if (seen.has(this)) return tail.call(this);
            seen.add(this);
            return { kind: 'ask' };
          },
      );
    },
  },
  {
    name: 'results-forgotten',
    bug: 'an attempt that goes on answers all calls of the last turn, also those that have a result',
    patch: () => {
      const looks = new WeakMap<Transcript, number>();
      return replace(
        Transcript.prototype,
        'tail',
        (tail) =>
          function (this: Transcript) {
            const found = tail.call(this);
            const look = (looks.get(this) ?? 0) + 1;
            looks.set(this, look);
            const last = this.entries.findLast((entry) => entry.kind === 'message');
            if (look > 2 || found.kind !== 'calls' || last?.kind !== 'message') return found;
            return { ...found, open: callsOf(last.message) };
          },
      );
    },
  },
  {
    name: 'checkpoint-not-handed-out',
    bug: 'start does not say what earlier attempts have recorded',
    work: control(({ start }) => ({
      start: async (request, signal) => {
        const { checkpoint: _, ...reply } = await start(request, signal);
        return reply;
      },
    })),
  },
  {
    name: 'end-not-recorded',
    bug: 'the last words of an agent are in its result only',
    patch: () =>
      replace(
        Agent.prototype,
        'checkpoint',
        (checkpoint) =>
          async function (this: Agent, signal: AbortSignal) {
            if (this.conversation.transcript.tail().kind !== 'said') await checkpoint.call(this, signal);
          },
      ),
  },
  {
    name: 'workspace-clean-too-early',
    bug: 'a workspace that could not be stored counts as stored',
    patch: () => {
      const failed = new WeakSet<WorkspaceKeeper>();
      return replace(
        WorkspaceKeeper.prototype,
        'save',
        (save) =>
          async function (this: WorkspaceKeeper, signal: AbortSignal) {
            if (failed.has(this)) return undefined;
            failed.add(this);
            const saved = await save.call(this, signal);
            failed.delete(this);
            return saved;
          },
      );
    },
  },
  {
    name: 'workspace-forgotten',
    bug: 'a workspace that was stored is named once, whether or not that call was done',
    patch: () => {
      const named = new WeakMap<WorkspaceKeeper, Set<string>>();
      return replace(
        WorkspaceKeeper.prototype,
        'save',
        (save) =>
          async function (this: WorkspaceKeeper, signal: AbortSignal) {
            const saved = await save.call(this, signal);
            const known = named.get(this) ?? new Set<string>();
            named.set(this, known);
            if (!saved || known.has(saved.sha256)) return undefined;
            known.add(saved.sha256);
            return saved;
          },
      );
    },
  },
  {
    name: 'workspace-comes-back',
    bug: 'a call that arrives late puts the workspace of its time into the checkpoint',
    deps: (deps, place) => {
      const { objects, store } = deps;
      if (place.actor.kind !== 'worker-api') return deps;
      const keys = looked(place);
      const { name } = place.actor;
      return {
        ...deps,
        objects: {
          ...objects,
          head: (key) => {
            if (key.startsWith(workspacesFolder)) keys.set(name, key);
            return objects.head(key);
          },
          // Or the late call would be refused for want of what it names.
          remove: async () => undefined,
        },
        store: {
          ...store,
          replace: (row) => {
            const key = keys.get(name);
            const sha256 = /([0-9a-f]{64})\.tar/.exec(key ?? '')?.[1];
            if (!row.checkpoint || !key || !sha256) return store.replace(row);
            return store.replace({ ...row, checkpoint: { ...row.checkpoint, workspace: { key, sha256 } } });
          },
        },
      };
    },
  },
  {
    name: 'reserved-too-little',
    bug: 'money is put aside for a part of the request only',
    work: control(({ turn }) => ({ turn: (request, signal) => turn(withSmallBound(request), signal) })),
  },
  {
    name: 'tries-beyond-money',
    bug: 'a call that broke off is repeated whatever it has used',
    work: models((model) => ({
      turn: (request, options) => model.turn(request, { ...options, reserved: undefined }),
    })),
  },
  {
    name: 'unknown-is-nothing',
    bug: 'a call that was broken off and does not say what it used is settled as one that used nothing',
    work: models((model) => ({
      turn: (request, options) =>
        model.turn(request, options).catch((error: unknown) => {
          if (!(error instanceof ModelError) || error.usage) throw error;
          throw new ModelError(error.code, error.message, { usage: noUsage });
        }),
    })),
  },
  {
    name: 'slice-is-a-failure',
    bug: 'a worker that gives its slice back says that it has failed',
    work: control(({ finish }) => ({
      finish: (request, signal) => {
        if (request.outcome.kind !== 'interrupted') return finish(request, signal);
        const error = { code: 'interrupted' as const, message: request.outcome.reason, retryable: true };
        return finish({ ...request, outcome: { kind: 'failed', error } }, signal);
      },
    })),
  },
];

function withSmallBound(request: TurnRequest): TurnRequest {
  if (!request.reserve) return request;
  return { ...request, reserve: { ...request.reserve, inputTokensMax: 1, maxTokens: 1 } };
}
