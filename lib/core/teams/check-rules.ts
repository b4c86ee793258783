import { findCadenceFaults } from '#contracts/cadence.ts';
import type { TeamFile } from '#contracts/team.ts';
import { findPlaceholders, isValueName } from './placeholders.ts';
import { faultAt, type TeamFault } from './team-fault.ts';

/** What people decide, what is protected, when the next cycle begins, and how workflows are filled in. */
export function checkRules(team: TeamFile): TeamFault[] {
  return [...checkApprovals(team), ...checkProtection(team), ...checkCadence(team), ...checkWorkflows(team)];
}

function checkApprovals({ approvals, kinds }: TeamFile): TeamFault[] {
  const known = kinds.map(({ id }) => id);
  return approvals.kinds.flatMap((kind, at) =>
    known.includes(kind)
      ? []
      : [
          faultAt(
            ['approvals', 'kinds', at],
            `kind "${kind}" is not in kinds; there are ${known.join(', ')}`,
          ),
        ],
  );
}

function checkProtection({ protected: { unless, paths }, agents, people }: TeamFile): TeamFault[] {
  const ids = [...agents, ...people].map(({ id }) => id);
  const unknown = unless.flatMap((id, at) =>
    ids.includes(id)
      ? []
      : [faultAt(['protected', 'unless', at], `"${id}" is nobody of this team; there are ${ids.join(', ')}`)],
  );
  const outside = paths.flatMap((path, at) =>
    path.startsWith('/') || path.split('/').includes('..')
      ? [
          faultAt(
            ['protected', 'paths', at],
            `"${path}" leaves the workspace; give a path or pattern inside of it`,
          ),
        ]
      : [],
  );
  return [...unknown, ...outside];
}

function checkCadence({ cadence }: TeamFile): TeamFault[] {
  const faults = cadence ? findCadenceFaults(cadence) : [];
  return faults.map(({ path, message }) => faultAt(['cadence', ...path], message));
}

function checkWorkflows({ workflows }: TeamFile): TeamFault[] {
  return workflows.flatMap(({ objective, recovery }, at) => [
    ...checkPlaceholders(objective, ['workflows', at, 'objective']),
    ...(recovery ? checkRecovery(recovery, ['workflows', at, 'recovery']) : []),
  ]);
}

function checkPlaceholders(text: string, path: (string | number)[]): TeamFault[] {
  return findPlaceholders(text)
    .filter(({ name }) => !isValueName(name))
    .map(({ name }) =>
      faultAt(
        path,
        `{{${name}}} is no placeholder: a letter, then letters, digits and underscores, like {{model}}`,
      ),
    );
}

type Recovery = NonNullable<TeamFile['workflows'][number]['recovery']>;

function checkRecovery(
  { alarm, withinMinutes, steadyMinutes }: Recovery,
  path: (string | number)[],
): TeamFault[] {
  const faults = checkPlaceholders(alarm, [...path, 'alarm']);
  if (steadyMinutes <= withinMinutes) return faults;
  const message = `steadyMinutes ${steadyMinutes} is more than withinMinutes ${withinMinutes}`;
  return [...faults, faultAt([...path, 'steadyMinutes'], message)];
}
