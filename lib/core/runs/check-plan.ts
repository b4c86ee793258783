import type { FieldFault } from '#contracts/errors.ts';
import type { MeetingPayload, PlannedAction, PlannedCheck } from '#contracts/plan.ts';
import { commandTool } from '#contracts/tools.ts';
import { argumentsSchema } from '../tools/command-tool.ts';
import { findCycles } from './find-cycles.ts';
import { faultOfSentence } from './sentence.ts';

/** What a plan is checked against. */
export type PlanRules = Pick<MeetingPayload, 'actions' | 'owners' | 'checks'>;

/**
 * Everything that is wrong with a plan, each fault with its place as a JSON Pointer below `/actions`. Empty where
 * the plan can be carried out as it stands.
 */
export function checkPlan(actions: readonly PlannedAction[], rules: PlanRules): FieldFault[] {
  return [
    ...checkCount(actions, rules),
    ...checkNumbers(actions),
    ...actions.flatMap((action, index) => checkAction(action, index, actions, rules)),
    ...findCycles(actions).map((cycle) =>
      fault('', `dependencies go in a circle: ${cycle.join(' → ')}; take one of them out`),
    ),
  ];
}

function checkCount(
  { length }: readonly PlannedAction[],
  { actions: { min, max } }: PlanRules,
): FieldFault[] {
  if (length >= min && length <= max) return [];
  const allowed = min === max ? `${min}` : `${min} to ${max}`;
  return [fault('', `there are ${length} actions; ${allowed} are wanted`)];
}

function checkNumbers(actions: readonly PlannedAction[]): FieldFault[] {
  const ids = actions.map(({ id }) => id).sort((a, b) => a - b);
  if (ids.every((id, index) => id === index + 1)) return [];
  return [fault('', `the ids are ${ids.join(', ')}; they must be 1 to ${ids.length}, each once`)];
}

function checkAction(
  action: PlannedAction,
  index: number,
  actions: readonly PlannedAction[],
  rules: PlanRules,
): FieldFault[] {
  const faults = [
    ...checkSentence(action),
    ...checkOwner(action, rules),
    ...checkDependencies(action, actions),
    ...checkProof(action, rules),
  ];
  return faults.map(({ path, message }) => fault(`/${index}${path}`, message));
}

function checkSentence({ action }: PlannedAction): FieldFault[] {
  const message = faultOfSentence(action);
  return message === undefined ? [] : [{ path: '/action', message }];
}

function checkOwner({ owner, kind }: PlannedAction, { owners }: PlanRules): FieldFault[] {
  const found = owners.find(({ id }) => id === owner);
  if (!found) {
    const known = owners.map(({ id }) => id).join(', ');
    return [{ path: '/owner', message: `"${owner}" is nobody here; the owners are ${known}` }];
  }
  if (found.kinds.includes(kind)) return [];
  const right = owners.filter(({ kinds }) => kinds.includes(kind)).map(({ id }) => id);
  const remedy =
    right.length > 0 ? `"${kind}" is owned by ${right.join(', ')}` : `no owner has the kind "${kind}"`;
  const message = `${owner} does not own "${kind}", only ${found.kinds.join(', ') || 'nothing'}; ${remedy}`;
  return [{ path: '/kind', message }];
}

function checkDependencies(
  { id, dependsOn }: PlannedAction,
  actions: readonly PlannedAction[],
): FieldFault[] {
  return dependsOn.flatMap((parent, index) => {
    const path = `/dependsOn/${index}`;
    if (parent === id) return [{ path, message: `action ${id} depends on itself` }];
    if (actions.some((one) => one.id === parent)) return [];
    return [{ path, message: `there is no action ${parent}` }];
  });
}

function checkProof(action: PlannedAction, rules: PlanRules): FieldFault[] {
  const isPersons = rules.owners.find(({ id }) => id === action.owner)?.person === true;
  if (action.checks.length === 0 && rules.checks.length > 0 && !isPersons) {
    const names = rules.checks.map(({ name }) => name).join(', ');
    return [
      { path: '/checks', message: `an agent's action needs at least one check; the tools are ${names}` },
    ];
  }
  return action.checks.flatMap((check, index) =>
    checkCheck(check, action, rules).map(({ path, message }) => ({
      path: `/checks/${index}${path}`,
      message,
    })),
  );
}

function checkCheck(check: PlannedCheck, { successCriteria }: PlannedAction, rules: PlanRules): FieldFault[] {
  const criterion = successCriteria.includes(check.criterion)
    ? []
    : [{ path: '/criterion', message: "is none of the action's successCriteria, word for word" }];
  return [...criterion, ...checkTool(check, rules)];
}

function checkTool({ tool, args }: PlannedCheck, { checks }: PlanRules): FieldFault[] {
  const found = checks.find(({ name }) => name === tool);
  if (!found) {
    const known = checks.map(({ name }) => name).join(', ') || 'there are none';
    return [{ path: '/tool', message: `"${tool}" is no tool for checks; the tools are: ${known}` }];
  }
  const inputSchema = commandTool.shape.inputSchema.safeParse(found.inputSchema);
  if (!inputSchema.success)
    return [{ path: '/tool', message: `the input schema of "${tool}" cannot be read` }];
  const parsed = argumentsSchema({ inputSchema: inputSchema.data }).safeParse(args);
  return (parsed.error?.issues ?? []).map(({ path, message }) => ({
    path: ['/args', ...path.map(String)].join('/'),
    message,
  }));
}

function fault(path: string, message: string): FieldFault {
  return { path: `/actions${path}`, message };
}
