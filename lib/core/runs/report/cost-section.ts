import { providerOf, tokensOf } from '#core/money/provider-of.ts';
import {
  type CostRow,
  claudeTokens,
  costByAgent,
  costByModel,
  costByProvider,
  costOfAll,
  notItemised,
} from './costs.ts';
import { showCount, showShare, showUsd } from './figures.ts';
import { type Html, html } from './html.ts';
import type { ReportData } from './report-data.ts';

/** Who spent what on which model. */
export function costSection(data: ReportData): Html {
  const all = costOfAll(data);
  const left = notItemised(data);
  if (all.calls === 0 && left === 0)
    return html`<section id="cost"><h2>Cost</h2><p>No model was called.</p></section>`;
  const tokens = tokensOf(all.usage);
  const models = costByModel(data).map((row) => ({ ...row, name: `${row.name} (${providerOf(row.name)})` }));
  return html`<section id="cost"><h2>Cost</h2>
<p>${showUsd(data.cycle.costMicroUsd)} by the price list. Of ${showCount(tokens)} tokens, Claude models had <strong>${showShare(claudeTokens(data), tokens)}</strong>.</p>
<h3>By agent</h3>${table('Agent', costByAgent(data), tokens)}
<h3>By model</h3>${table('Model', models, tokens)}
<h3>By provider</h3>${table('Provider', costByProvider(data), tokens)}
${left > 0 ? html`<p class="dim">${showUsd(left)} more was put aside for calls whose answer never came.</p>` : undefined}
</section>`;
}

function table(title: string, rows: readonly CostRow[], allTokens: number): Html {
  const number = (value: number) => html`<td class="number">${showCount(value)}</td>`;
  return html`<div class="scroll"><table>
<thead><tr><th>${title}</th><th class="number">Calls</th><th class="number">In</th><th class="number">From cache</th><th class="number">To cache</th><th class="number">Out</th><th class="number">Share of tokens</th><th class="number">Cost</th></tr></thead>
<tbody>${rows.map(
    ({ name, calls, usage, microUsd }) =>
      html`<tr><td>${name}</td>${[calls, usage.inputTokens, usage.cacheReadTokens, usage.cacheWriteTokens, usage.outputTokens].map(number)}<td class="number">${showShare(tokensOf(usage), allTokens)}</td><td class="number">${showUsd(microUsd)}</td></tr>`,
  )}</tbody></table></div>`;
}
