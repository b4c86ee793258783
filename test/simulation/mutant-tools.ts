import type { ActorKind } from './actor.ts';
import type { Mutant, MutantPlace } from './mutant.ts';
import type { SimDeps } from './sim-deps.ts';

type Part = 'store' | 'slots' | 'months' | 'ledger' | 'tasks' | 'objects' | 'runs' | 'workflow';

/** Replaces some methods of one port, for one kind of process or for all. */
export function change<P extends Part>(
  part: P,
  kinds: readonly ActorKind[] | 'all',
  make: (deps: SimDeps, place: MutantPlace) => Partial<SimDeps[P]>,
): NonNullable<Mutant['deps']> {
  return (deps, place) => {
    if (kinds !== 'all' && !kinds.includes(place.actor.kind)) return deps;
    return { ...deps, [part]: { ...deps[part], ...make(deps, place) } };
  };
}

/** What a mutant has to remember over the processes of one world. */
export function memory<T>(make: () => T): (place: MutantPlace) => T {
  const worlds = new WeakMap<object, T>();
  return ({ world }) => {
    const found = worlds.get(world) ?? make();
    worlds.set(world, found);
    return found;
  };
}
