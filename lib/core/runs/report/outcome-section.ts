import { showBytes } from './figures.ts';
import { type Html, html, listOf, pill, words } from './html.ts';
import type { ReportData, ReportedFile } from './report-data.ts';
import { plain, toneOfVerdict } from './tones.ts';

/** What the coordinator says of the whole cycle. */
export function finalReviewSection({ review, cycle }: ReportData): Html {
  if (!review) {
    if (cycle.reviewJob === undefined) return html``;
    return html`<section id="review"><h2>The final review</h2><p>It came to no result.</p></section>`;
  }
  const { summary, topics, lessons, objectiveAchieved, model } = review;
  return html`<section id="review"><h2>The final review</h2>
<p>${pill(objectiveAchieved ? 'objective reached' : 'not reached yet', objectiveAchieved ? 'good' : 'open')} <span class="dim">${model}</span></p>
${words(summary)}
${topics.length === 0 ? undefined : html`<ul class="plain">${topics.map(({ topic, verdict, because }) => html`<li>${pill(plain(verdict), toneOfVerdict(verdict))} <strong>${topic}</strong> ${because}</li>`)}</ul>`}
${listOf('For the next meeting', lessons)}
</section>`;
}

/** Links work where the files lie beside the page, as they do once they were fetched. */
export function filesSection({ files, run, cycle }: ReportData): Html {
  return html`<section id="files"><h2>Files of this cycle</h2>
<p class="dim">The links lead to files beside this page. Fetch them all: <code>muster run files ${run.id} --cycle ${cycle.cycle} --out FOLDER</code></p>
<ul>${files.map(link)}</ul></section>`;
}

function link({ path, bytes }: ReportedFile): Html {
  const href = path.split('/').map(encodeURIComponent).join('/');
  return html`<li><a href="./${href}">${path}</a> <span class="dim">${showBytes(bytes)}</span></li>`;
}
