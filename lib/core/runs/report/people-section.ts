import type { GateRow } from '#contracts/gate.ts';
import { onExpiry } from '../announcement.ts';
import { showBytes, showTime } from './figures.ts';
import { type Html, html, pill, words } from './html.ts';
import type { ReportData } from './report-data.ts';
import { toneOfGate } from './tones.ts';

/** What people were asked, what they decided, and in which words. */
export function peopleSection({ gates }: ReportData): Html {
  if (gates.length === 0) return html``;
  return html`<section id="people"><h2>What people decided</h2>${gates.map(card)}</section>`;
}

function card(gate: GateRow): Html {
  const { id, title, summary, status, comment, result, files, digest } = gate;
  return html`<article class="card" id="gate-${id}">
<h3>${title}</h3>
<p>${pill(status, toneOfGate(status))} ${whoAndWhen(gate)}</p>
${comment === undefined ? undefined : html`<blockquote>${words(comment)}</blockquote>`}
${result === undefined ? undefined : html`<p class="label">Handed in</p>${words(result)}`}
${files ? html`<p class="dim">With files: <code>${files.sha256}</code>, ${showBytes(files.bytes)}</p>` : undefined}
<details open><summary>What was asked</summary>${words(summary)}<p class="dim">Digest <code>${digest}</code></p></details>
</article>`;
}

function whoAndWhen({ status, kind, decidedBy, decidedAtMs, expiresAtMs }: GateRow): string {
  if (status === 'EXPIRED') return `Nobody decided until ${showTime(expiresAtMs)}. ${onExpiry[kind]}`;
  if (status === 'CANCELLED') return 'No longer needed: the run was stopped.';
  if (status === 'PENDING') return 'Not decided.';
  const when = decidedAtMs === undefined ? '' : `, ${showTime(decidedAtMs)}`;
  return `by ${decidedBy ?? 'a person'}${when}`;
}
