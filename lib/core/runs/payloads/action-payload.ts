import type { ActionState } from '#contracts/cycle-row.ts';
import { handedInFolder } from '#contracts/handed-in.ts';
import type { AgentPayload } from '#contracts/job-request.ts';
import { limits } from '#contracts/limits.ts';
import type { PlannedAction } from '#contracts/plan.ts';
import type { RunRow } from '#contracts/run-row.ts';
import type { TeamAgent, TeamFile } from '#contracts/team.ts';
import { renderPrompt } from '#core/teams/render-prompt.ts';
import { modelOf, type Place } from '../place.ts';
import { list, quote, shorten } from './quote.ts';

/** What an earlier action, or a person, has handed over to this one. */
export interface HandedOver {
  action: PlannedAction;
  state: ActionState;
  /** In its author's words. */
  summary: string;
}

const handedOverCharacters = 6_000;

/** An agent of the team as a job: its prompt, its model, its tools and no others. */
export function agentFields(place: Place, agent: TeamAgent) {
  const { run, document, team } = place;
  return {
    system: renderPrompt(document, agent.id).slice(0, limits.agentPromptCharacters),
    model: modelOf(run, agent),
    maxTokens: agent.maxTokens,
    ...(agent.effort === undefined ? {} : { effort: agent.effort }),
    ...(agent.responseCache && { responseCache: agent.responseCache }),
    tools: agent.tools,
    commandTools: toolsOf(team, agent.id),
    maxTurns: agent.maxTurns,
    idleSeconds: limits.idleSecondsDefault,
  };
}

export function toolsOf({ tools }: TeamFile, agent: string): AgentPayload['commandTools'] {
  return tools.filter(({ agents }) => agents.includes(agent)).map(toCommandTool);
}

export function toCommandTool({ agents: _, check: __, ...tool }: TeamFile['tools'][number]) {
  return tool;
}

/** The written request that the owner of an action gets. */
export function toActionPayload(
  place: Place,
  agent: TeamAgent,
  action: PlannedAction,
  state: ActionState,
  handedOver: readonly HandedOver[],
): AgentPayload {
  return {
    ...agentFields(place, agent),
    prompt: shorten(requestOf(place, agent, action, state, handedOver), limits.agentPromptCharacters),
    criteria: action.successCriteria,
  };
}

function requestOf(
  { run }: Place,
  agent: TeamAgent,
  action: PlannedAction,
  state: ActionState,
  handedOver: readonly HandedOver[],
): string {
  const { files, constraints, referenceDocs } = action.context;
  const parts = [
    `# Action ${action.id}`,
    action.action,
    `Kind: ${action.kind}. Priority: ${action.priority}. Planned for ${action.estimatedDuration}.`,
    `It serves this objective${runNamed(run, agent)}:\n${quote(run.objective)}`,
    section('Files to look at', files),
    section('Constraints', [...run.context.constraints, ...constraints]),
    section('Reference documents', [...run.context.referenceDocs, ...referenceDocs]),
    action.expectedOutput === undefined ? '' : `Expected output:\n${quote(action.expectedOutput)}`,
    section(
      'How it will be checked',
      action.checks.map(({ criterion, tool, args }) => `${criterion} (${tool} ${JSON.stringify(args)})`),
    ),
    ...handedOver.map(fromOther),
    state.revision === 0
      ? ''
      : section(`A reviewer looked at what was handed in before and found`, state.findings ?? []),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** With a response cache the same request of another run is to be the same, to the letter. */
export function runNamed({ id }: RunRow, { responseCache }: TeamAgent): string {
  return responseCache ? '' : ` of run ${id}`;
}

function section(title: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `${title}:\n${list(items)}`;
}

function fromOther({ action, state, summary }: HandedOver): string {
  const answer = `Action ${action.id} (${action.owner}) was done before, and its owner answered:\n${quote(shorten(summary, handedOverCharacters))}`;
  return state.files
    ? `${answer}\n\nThe files handed in with it are in ${handedInFolder(action.id)}/.`
    : answer;
}
