import type { MeetingResult, Spoken } from '#contracts/plan.ts';
import type { TeamFile } from '#contracts/team.ts';
import { type Html, html, listOf, pill, words } from './html.ts';
import type { ReportData } from './report-data.ts';
import { plain } from './tones.ts';

/** Who said what, who voted how, and what was decided. */
export function meetingSection({ meeting, team, cycle }: ReportData): Html {
  if (!meeting)
    return html`<section id="meeting"><h2>The meeting</h2><p>It left no result that can be read${cycle.planningJob === undefined ? ': it was never begun' : ''}.</p></section>`;
  const { outcome, decision, summary } = meeting;
  return html`<section id="meeting">
<h2>The meeting</h2>
<p>${pill(outcome, outcome === 'converged' ? 'good' : 'bad')} ${decision === undefined ? undefined : pill(plain(decision), decision === 'go' ? 'good' : 'plain')}</p>
${words(summary)}
${decisions(meeting)}
${positions(meeting)}
${votes(meeting)}
<h3>What was said</h3>
${rounds(meeting, team)}
</section>`;
}

function decisions({ decisions: made }: MeetingResult): Html {
  if (made.length === 0) return html``;
  return html`<h3>Decisions</h3><ul>${made.map(
    ({ decision, reason, by }) =>
      html`<li><strong>${decision}</strong> ${reason}${by.length === 0 ? undefined : html` <span class="dim">(${by.join(', ')})</span>`}</li>`,
  )}</ul>`;
}

function positions({ positions: held, wouldResolve }: MeetingResult): Html {
  if (held.length === 0 && wouldResolve === undefined) return html``;
  return html`<h3>Positions</h3>
<ul>${held.map(({ position, heldBy }) => html`<li><strong>${heldBy.join(', ')}</strong>: ${position}</li>`)}</ul>
${wouldResolve === undefined ? undefined : html`<p class="label">What would resolve it</p>${words(wouldResolve)}`}`;
}

function votes({ votes: given, quorum }: MeetingResult): Html {
  if (given.length === 0) return html``;
  return html`<h3>Votes</h3><p class="dim">${quorum} make a decision.</p><ul class="plain">${given.map(
    ({ agent, vote, reason }) => html`<li>${voteMark(vote)} <strong>${agent}</strong> ${reason}</li>`,
  )}</ul>`;
}

function voteMark(vote: string): Html {
  return pill(plain(vote), vote === 'go' ? 'good' : 'bad');
}

function rounds(meeting: MeetingResult, team: TeamFile): Html[] {
  const { spoken, silent = [] } = meeting;
  const numbers = [...new Set([...spoken, ...silent].map(({ round }) => round))].sort((a, b) => a - b);
  return numbers.map(
    (number) => html`<details open><summary>Round ${number}</summary>
${spoken.filter(({ round }) => round === number).map((one) => statement(one, meeting, team))}
${silent
  .filter(({ round }) => round === number)
  .map(
    ({ agent, because }) =>
      html`<article class="said"><h4>${agent}</h4><p>Could not be heard: ${because}</p></article>`,
  )}
</details>`,
  );
}

function statement(one: Spoken, { models }: MeetingResult, { agents }: TeamFile): Html {
  const title = agents.find(({ id }) => id === one.agent)?.title;
  return html`<article class="said">
<h4>${one.agent} <span class="dim">${[title, models[one.agent]].filter((text) => text !== undefined).join(' · ')}</span></h4>
${words(one.statement)}
${listOf('Proposes', one.proposals)}
${listOf('Objects', one.objections)}
${one.noObjectionBecause === undefined ? undefined : html`<p><span class="label">No objection:</span> ${one.noObjectionBecause}</p>`}
<p>${voteMark(one.vote)} ${one.voteReason}</p>
</article>`;
}
