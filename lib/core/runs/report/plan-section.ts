import { type Html, html, pill } from './html.ts';
import type { ReportData, ReportedAction } from './report-data.ts';
import { toneOfAction } from './tones.ts';

/** The plan on one page: what, who, in which order, and what became of it. */
export function planSection({ actions, cycle }: ReportData): Html {
  if (actions.length === 0)
    return html`<section id="plan"><h2>The plan</h2><p>There is none: nothing was to be carried out.</p></section>`;
  return html`<section id="plan"><h2>The plan</h2>
<div class="scroll"><table>
<thead><tr><th class="number">#</th><th>Action</th><th>Owner</th><th>Priority</th><th>Wave</th><th>After</th><th>Planned</th><th>Ended</th></tr></thead>
<tbody>${actions.map(row)}</tbody>
</table></div>
${cycle.plan ? html`<p class="dim">Digest of the plan: <code>${cycle.plan.sha256}</code></p>` : undefined}
</section>`;
}

function row({ state, planned }: ReportedAction): Html {
  const { id, title, owner, priority, wave, dependsOn, status } = state;
  return html`<tr><td class="number">${id}</td><td><a href="#action-${id}">${title}</a></td><td>${owner}</td><td>${priority}</td><td class="number">${wave + 1}</td><td>${dependsOn.join(', ')}</td><td>${planned?.estimatedDuration}</td><td>${pill(status, toneOfAction(status))}</td></tr>`;
}
