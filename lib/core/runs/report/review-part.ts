import type { ActionReview } from '#contracts/review.ts';
import { shorten } from '../payloads/quote.ts';
import { showDuration } from './figures.ts';
import { type Html, html, listOf, pill } from './html.ts';
import type { ReportedReview } from './report-data.ts';
import { plain, toneOfVerdict } from './tones.ts';

const outputCharacters = 4_000;

/** A review of an action: a verdict for each criterion, with what decides it. */
export function reviewPart({ revision, reviewer, review }: ReportedReview): Html {
  const which = revision === 0 ? 'First version' : `Revision ${revision}`;
  if (!review)
    return html`<p class="dim">${which}: the review${reviewer === '' ? '' : ` by ${reviewer}`} came to no result.</p>`;
  return html`<details open><summary>${which}, reviewed by ${reviewer}: ${pill(plain(review.outcome), toneOfVerdict(review.outcome))}</summary>
${review.offline ? html`<p class="dim">The reviewer's words are the offline model's; the checks were run.</p>` : undefined}
<ul class="plain">${review.verdicts.map(verdictLine)}</ul>
${checks(review)}
${listOf('To be changed', review.findings)}
${listOf('Protected files that had been changed, and were put back', review.restored)}
${listOf('Changed by another action as well', review.conflicts)}
</details>`;
}

function verdictLine({ criterion, verdict, evidence, byCheck }: ActionReview['verdicts'][number]): Html {
  return html`<li>${pill(plain(verdict), toneOfVerdict(verdict))} <strong>${criterion}</strong><br><span class="dim">${byCheck ? 'By a check: ' : 'By the reviewer: '}</span><span class="words">${evidence}</span></li>`;
}

function checks({ checks: results }: ActionReview): Html[] {
  return results.map(({ tool, args, ok, exitCode, output, milliseconds }) => {
    const how = ok ? 'passed' : `failed${exitCode === undefined ? '' : ` with exit code ${exitCode}`}`;
    return html`<p>${pill(ok ? 'passed' : 'failed', ok ? 'good' : 'bad')} <span class="label">Check ${tool}</span> <span class="dim">${how} in ${showDuration(milliseconds)}</span></p><pre>${tool} ${JSON.stringify(args)}
${shorten(output, outputCharacters)}</pre>`;
  });
}
