import { shorten } from '../payloads/quote.ts';
import { plural, showBytes, showDuration, showUsd } from './figures.ts';
import { type Html, html, listOf, pill, words } from './html.ts';
import type { ReportData, ReportedAction } from './report-data.ts';
import { reviewPart } from './review-part.ts';
import { toneOfAction } from './tones.ts';
import type { ToolCall } from './tool-results.ts';

const filesShown = 30;
const outputCharacters = 4_000;

/** Every action: who did it, how often, what the review found, and on what evidence. */
export function actionsSection({ actions }: ReportData, calls: readonly ToolCall[]): Html {
  if (actions.length === 0) return html``;
  return html`<section id="actions"><h2>The actions</h2>${actions.map((action) =>
    card(
      action,
      calls.filter((call) => call.action === action.state.id),
    ),
  )}</section>`;
}

function card(action: ReportedAction, calls: readonly ToolCall[]): Html {
  const { state, planned, reviews, result, gate } = action;
  const { id, title, status, reason } = state;
  return html`<article class="card" id="action-${id}">
<h3>${id}. ${planned?.action ?? title}</h3>
<p>${pill(status, toneOfAction(status))} <span class="dim">${factsOf(action, calls)}</span></p>
${reason === undefined ? undefined : html`<p>${reason}</p>`}
${gate ? html`<p class="dim">Waited for a person: <a href="#gate-${gate.id}">${gate.title}</a></p>` : undefined}
${reviews.length === 0 && planned ? listOf('It was to meet', planned.successCriteria) : undefined}
${reviews.map(reviewPart)}
${result ? handedIn(result) : undefined}
</article>`;
}

function factsOf({ state }: ReportedAction, calls: readonly ToolCall[]): string {
  const { owner, kind, priority, revision, startedAtMs, endedAtMs, costMicroUsd } = state;
  const failed = calls.filter(({ outcome }) => outcome === 'failed').length;
  const tools = `${plural(calls.length, 'tool call')}${failed === 0 ? '' : `, ${failed} failed`}`;
  const took =
    startedAtMs === undefined || endedAtMs === undefined ? [] : [showDuration(endedAtMs - startedAtMs)];
  return [
    owner,
    kind,
    priority,
    ...took,
    showUsd(costMicroUsd),
    ...(revision === 0 ? [] : [`revised ${plural(revision, 'time')}`]),
    ...(calls.length === 0 ? [] : [tools]),
  ].join(' · ');
}

/** The owner's own story; kept apart from what was checked. */
function handedIn(result: NonNullable<ReportedAction['result']>): Html {
  const { summary, evidence, limitations, confidence, files, moreFiles = 0, model, offline } = result;
  const changed = files.slice(0, filesShown).map((file) => {
    return `${file.change} ${file.path}${file.change === 'deleted' ? '' : ` (${showBytes(file.bytes)})`}`;
  });
  const more = files.length - changed.length + moreFiles;
  return html`<details open><summary>What its owner handed in</summary>
<p class="dim">${model} · confidence ${Math.round(confidence * 100)} %${offline ? ' · prewritten words of the offline model' : ''}</p>
${words(summary)}
${evidence.map(
  ({ criterion, check, output }) => html`<p><span class="label">${criterion}</span></p><pre>$ ${check}
${shorten(output, outputCharacters)}</pre>`,
)}
${listOf('Limitations', limitations)}
${listOf('Changed files', more > 0 ? [...changed, `and ${more} more`] : changed)}
</details>`;
}
