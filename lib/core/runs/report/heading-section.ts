import { cycleEnds } from '#contracts/run-states.ts';
import { tokensOf } from '#core/money/provider-of.ts';
import { recoverySentence } from '../recovery/recovery-sentence.ts';
import { claudeTokens, costOfAll } from './costs.ts';
import { showCount, showDuration, showShare, showTime, showUsd } from './figures.ts';
import { type Html, html, pill, words } from './html.ts';
import type { ReportData } from './report-data.ts';
import { toneOfEnd } from './tones.ts';

/** What it was about, how it ended and why, and the figures that count. */
export function headingSection(data: ReportData): Html {
  const { run, cycle, team } = data;
  return html`<header>
<p class="over">${team.title} · cycle ${cycle.cycle} of at most ${run.maxCycles}</p>
<h1>${firstLine(run.objective)}</h1>
${restOf(run.objective)}
${verdictBox(data)}
${offlineNote(data)}
${figures(data)}
${cycle.interval ? html`<p>${cycle.interval.reason}</p>` : undefined}
<p class="dim">Run <code>${run.id}</code> · team <code>${run.team}</code> · project <code>${run.project}</code> · meeting <code>${cycle.meetingId}</code> · begun ${showTime(cycle.startedAtMs)}${cycle.endedAtMs === undefined ? '' : `, ended ${showTime(cycle.endedAtMs)}`}</p>
</header>`;
}

const titleCharacters = 160;

function firstLine(objective: string): string {
  const line = objective.trim().split('\n')[0] ?? '';
  return line.length <= titleCharacters ? line : `${line.slice(0, titleCharacters - 1)}…`;
}

/** Long objectives are told whole, below what fits a title. */
function restOf(objective: string): Html {
  const whole = objective.trim();
  if (firstLine(whole) === whole) return html``;
  return html`<details open><summary>The whole objective</summary>${words(whole)}</details>`;
}

function verdictBox({ cycle, actions, review, recovery }: ReportData): Html {
  const end = cycle.end ?? 'TimedOut';
  const failed = actions.filter(({ state }) => state.status === 'FAILED' || state.status === 'UNPROVEN');
  const because = [
    ...(cycle.error ? [`${cycle.error.code}: ${cycle.error.message}`] : []),
    ...(recovery ? [recoverySentence(recovery)] : []),
    ...failed.map(
      ({ state }) =>
        `Action ${state.id} ${state.status.toLowerCase()}: ${state.reason ?? 'no reason was given'}`,
    ),
  ];
  const achieved = cycle.objectiveAchieved;
  return html`<section class="ending ${toneOfEnd(end)}">
<p>${pill(end, toneOfEnd(end))} ${cycleEnds[end].says}</p>
${because.length === 0 ? undefined : html`<ul>${because.map((line) => html`<li>${line}</li>`)}</ul>`}
${achieved === undefined ? undefined : html`<p>The coordinator found the objective <strong>${achieved ? 'reached' : 'not reached yet'}</strong>${review ? '' : ', without a review that can be read'}.</p>`}
</section>`;
}

/** Words that nobody thought up have to be known as such. */
function offlineNote({ meeting, jobs, review }: ReportData): Html {
  const offline = jobs.filter((job) => job.offline === true);
  if (!meeting?.offline && !review?.offline && offline.length === 0) return html``;
  const share = offline.length === jobs.length ? 'all jobs' : `${offline.length} of ${jobs.length} jobs`;
  return html`<p class="notice"><strong>Offline model.</strong> The agents' words in ${share} of this cycle were written beforehand and come from a script, not from a model. Tools, checks, decisions and times are real; costs are what the price list says, and nothing was paid.</p>`;
}

function figures(data: ReportData): Html {
  const { run, cycle, actions } = data;
  const all = costOfAll(data);
  const tokens = tokensOf(all.usage);
  const done = actions.filter(({ state }) => state.status === 'DONE').length;
  const figure = (value: string, label: string) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`;
  return html`<dl class="figures">
${figure(`${done} of ${actions.length}`, 'actions done')}
${figure(cycle.endedAtMs === undefined ? '–' : showDuration(cycle.endedAtMs - cycle.startedAtMs), 'from open to close')}
${figure(showUsd(cycle.costMicroUsd), `of ${showUsd(run.budgetMicroUsd)} for the run`)}
${figure(showCount(tokens), `tokens in ${showCount(all.calls)} calls`)}
${figure(showShare(claudeTokens(data), tokens), 'of the tokens by Claude')}
</dl>`;
}
