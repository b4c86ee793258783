import type { TeamFile } from '#contracts/team.ts';
import { type Party, partiesOf } from './task-matrix.ts';
import { faultAt, listWords, repeated, type TeamFault } from './team-fault.ts';

/** The task matrix: every kind has exactly one owner, and nobody is given what they must never do. */
export function checkKinds(team: TeamFile): TeamFault[] {
  const known = new Set(team.kinds.map(({ id }) => id));
  const parties = partiesOf(team);
  return [
    ...team.kinds.flatMap(({ id }, at) => checkOwners(id, at, parties)),
    ...parties.flatMap((party) => checkParty(party, known)),
  ];
}

function checkOwners(kind: string, at: number, parties: readonly Party[]): TeamFault[] {
  const owners = parties.filter(({ owns }) => owns.includes(kind));
  if (owners.length === 1) return [];
  if (owners.length === 0)
    return [faultAt(['kinds', at], `nobody owns "${kind}"; put it into "owns" of one agent or person`)];
  const names = listWords(owners.map(({ id }) => id));
  const last = owners.at(-1);
  const path = last ? [...last.path, 'owns', last.owns.indexOf(kind)] : ['kinds', at];
  return [
    faultAt(path, `"${kind}" has ${owners.length} owners, ${names}; one may own it, others may support it`),
  ];
}

function checkParty({ id, path, owns, supports, never }: Party, known: ReadonlySet<string>): TeamFault[] {
  const lists = Object.entries({ owns, supports, never });
  const unknown = lists.flatMap(([field, kinds]) =>
    kinds.flatMap((kind, at) =>
      known.has(kind) ? [] : [faultAt([...path, field, at], `kind "${kind}" is not in kinds`)],
    ),
  );
  const doubled = lists.flatMap(([field, kinds]) =>
    repeated(kinds).map(({ id: kind, at }) =>
      faultAt([...path, field, at], `"${kind}" stands in ${field} of ${id} twice`),
    ),
  );
  const denied = never.flatMap((kind, at) => {
    const field = owns.includes(kind) ? 'owns' : supports.includes(kind) ? 'supports' : undefined;
    if (field === undefined) return [];
    return [
      faultAt([...path, 'never', at], `${id} ${field} "${kind}" and must never do it; remove one of both`),
    ];
  });
  return [...unknown, ...doubled, ...denied];
}
