import type { MeetingResult, PendingActions, PlannedAction, Spoken } from '#contracts/plan.ts';
import { handoffReadme } from './handoff-readme.ts';
import { toInline, toQuote } from './quote-markdown.ts';

export interface RenderedFile {
  /** Below the cycle's folder. */
  path: string;
  content: string;
  contentType: string;
}

export interface MeetingMoment {
  cycle: number;
  /** The time of the meeting. */
  atMs: number;
}

/** What a meeting leaves for people and for the execution. */
export function meetingFiles(result: MeetingResult, moment: MeetingMoment): RenderedFile[] {
  return [
    markdown('planning/transcript.md', renderTranscript(result, moment)),
    markdown('planning/summary.md', renderSummary(result, moment)),
    json('planning/decisions.json', toDecisions(result)),
    json('planning/actions.json', { meetingId: result.meetingId, actions: result.actions }),
    json('handoff/pending_actions.json', toPendingActions(result, moment)),
    markdown('handoff/README.md', handoffReadme),
  ];
}

function markdown(path: string, content: string): RenderedFile {
  return { path, content, contentType: 'text/markdown; charset=utf-8' };
}

function json(path: string, value: unknown): RenderedFile {
  return { path, content: `${JSON.stringify(value, null, 2)}\n`, contentType: 'application/json' };
}

export function toPendingActions(
  { meetingId, actions }: Pick<MeetingResult, 'meetingId' | 'actions'>,
  { cycle, atMs }: MeetingMoment,
): PendingActions {
  return {
    timestamp: new Date(atMs).toISOString(),
    meeting_id: meetingId,
    actions: actions.map(toPending),
    count: actions.length,
    source: `planning_meeting_${cycle}`,
  };
}

function toPending(action: PlannedAction): PendingActions['actions'][number] {
  return {
    id: action.id,
    action: action.action,
    owner: action.owner,
    priority: action.priority,
    estimated_duration: action.estimatedDuration,
    success_criteria: action.successCriteria.join('\n'),
  };
}

function toDecisions(result: MeetingResult) {
  const { meetingId, outcome, decision, quorum, votes, decisions, positions, wouldResolve } = result;
  return { meetingId, outcome, decision, quorum, votes, decisions, positions, wouldResolve };
}

function renderTranscript(result: MeetingResult, moment: MeetingMoment): string {
  const { spoken, silent = [] } = result;
  const rounds = [...new Set([...spoken, ...silent].map(({ round }) => round))].sort((a, b) => a - b);
  const parts = rounds.map((round) => [
    `## Round ${round}`,
    ...spoken.filter((one) => one.round === round).map((one) => renderSpoken(one, result)),
    ...silent
      .filter((one) => one.round === round)
      .map(({ agent, because }) => `### ${agent}\n\nCould not be heard: ${toInline(because)}`),
  ]);
  return page([...heading(result, moment), ...parts.flat(), '## Votes', renderVotes(result)]);
}

function renderSpoken({ agent, ...said }: Spoken, { models }: MeetingResult): string {
  const model = models[agent];
  return [
    `### ${agent}${model === undefined ? '' : ` (${toInline(model)})`}`,
    toQuote(said.statement),
    ...renderList('Proposes', said.proposals),
    ...renderList('Objects', said.objections),
    ...(said.noObjectionBecause === undefined
      ? []
      : ['Has no objection, because:', toQuote(said.noObjectionBecause)]),
    `Votes **${said.vote}**: ${toInline(said.voteReason)}`,
  ].join('\n\n');
}

function renderList(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`${title}:`, items.map((item) => `- ${toInline(item)}`).join('\n')];
}

function renderSummary(result: MeetingResult, moment: MeetingMoment): string {
  return page([
    ...heading(result, moment),
    '## Summary',
    toQuote(result.summary),
    ...section(
      'Decisions',
      result.decisions.map(({ decision, reason, by }) => {
        const who = by.length === 0 ? '' : ` (${by.join(', ')})`;
        return `- **${toInline(decision)}** ${toInline(reason)}${who}`;
      }),
    ),
    ...section(
      'Positions',
      result.positions.map(({ position, heldBy }) => `- ${heldBy.join(', ')}: ${toInline(position)}`),
    ),
    ...(result.wouldResolve === undefined ? [] : ['## What would resolve it', toQuote(result.wouldResolve)]),
    ...section('Actions', result.actions.map(renderAction)),
    '## Votes',
    renderVotes(result),
  ]);
}

function renderAction({ id, action, owner, priority, estimatedDuration, dependsOn }: PlannedAction): string {
  const after = dependsOn.length === 0 ? '' : `, after ${dependsOn.join(', ')}`;
  return `${id}. **${priority}**, ${owner}, ${estimatedDuration}${after}: ${toInline(action)}`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${title}`, lines.join('\n')];
}

function renderVotes({ votes, quorum }: MeetingResult): string {
  const lines = votes.map(({ agent, vote, reason }) => `- ${agent}: **${vote}**. ${toInline(reason)}`);
  return [`Quorum: ${quorum}`, ...(lines.length === 0 ? [] : ['', ...lines])].join('\n');
}

function heading(result: MeetingResult, { cycle, atMs }: MeetingMoment): string[] {
  const { meetingId, outcome, decision, costUsd, offline } = result;
  const facts = [
    `- Cycle ${cycle}, ${new Date(atMs).toISOString()}`,
    `- Outcome: **${outcome}**${decision === undefined ? '' : `, **${decision}**`}`,
    `- Cost: ${costUsd.toFixed(4)} USD`,
    ...(offline ? ['- Offline model: these words were written beforehand'] : []),
  ];
  return [`# Meeting ${meetingId}`, facts.join('\n')];
}

function page(parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`;
}
