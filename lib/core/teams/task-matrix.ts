import type { TeamFile } from '#contracts/team.ts';

/** An agent or a person, as the task matrix sees them. */
export interface Party {
  id: string;
  title: string;
  isPerson: boolean;
  owns: readonly string[];
  supports: readonly string[];
  never: readonly string[];
  /** Where it stands in the team file. */
  path: (string | number)[];
}

export function partiesOf({ agents, people }: Pick<TeamFile, 'agents' | 'people'>): Party[] {
  return [
    ...agents.map(({ id, title, owns, supports, never }, at) => ({
      ...{ id, title, owns, supports, never },
      isPerson: false,
      path: ['agents', at],
    })),
    ...people.map(({ id, title, owns, supports }, at) => ({
      ...{ id, title, owns, supports, never: [] },
      isPerson: true,
      path: ['people', at],
    })),
  ];
}

export interface MatrixRow {
  kind: string;
  title: string;
  emergency: boolean;
  owner: string;
  isPerson: boolean;
  supports: string[];
}

/** Who does what kind of task, in the order of the kinds. The team has passed its check. */
export function taskMatrix(team: Pick<TeamFile, 'kinds' | 'agents' | 'people'>): MatrixRow[] {
  const parties = partiesOf(team);
  return team.kinds.map(({ id: kind, title, emergency }) => {
    const owner = parties.find(({ owns }) => owns.includes(kind));
    return {
      kind,
      title,
      emergency,
      owner: owner?.id ?? '',
      isPerson: owner?.isPerson ?? false,
      supports: parties.flatMap(({ id, supports }) => (supports.includes(kind) ? [id] : [])),
    };
  });
}

/** Who owns this kind of task, or undefined where the team has no such kind. */
export function ownerOf(team: Pick<TeamFile, 'agents' | 'people'>, kind: string): Party | undefined {
  return partiesOf(team).find(({ owns }) => owns.includes(kind));
}
