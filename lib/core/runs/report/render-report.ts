import { actionsSection } from './actions-section.ts';
import { costSection } from './cost-section.ts';
import { headingSection } from './heading-section.ts';
import { Html, html } from './html.ts';
import { meetingSection } from './meeting-section.ts';
import { filesSection, finalReviewSection } from './outcome-section.ts';
import { peopleSection } from './people-section.ts';
import { planSection } from './plan-section.ts';
import type { ReportData } from './report-data.ts';
import { style } from './style.ts';
import { timelineSection } from './timeline-section.ts';
import type { ToolResults } from './tool-results.ts';

/** Nothing is fetched and nothing runs, whatever should have got into the page. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** A cycle's report: one page that needs nothing beside it. All texts in it are data, and are escaped. */
export function renderReport(data: ReportData, tools: Pick<ToolResults, 'calls'>): string {
  const { run, cycle } = data;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${run.team}, ${run.id}, cycle ${cycle.cycle}: ${cycle.end}</title>
<style>${new Html(style)}</style>
</head>
<body>
<main>
${headingSection(data)}
${contents(data)}
${meetingSection(data)}
${planSection(data)}
${timelineSection(data)}
${actionsSection(data, tools.calls)}
${peopleSection(data)}
${finalReviewSection(data)}
${costSection(data)}
${filesSection(data)}
<footer>Report of run ${run.id}, cycle ${cycle.cycle}, by Muster. The agents' words are theirs; verdicts follow from checks and reviews.</footer>
</main>
</body>
</html>
`.markup;
}

function contents({ actions, gates, review }: ReportData): Html {
  const link = (id: string, title: string) => html`<a href="#${id}">${title}</a>`;
  return html`<nav>${[
    link('meeting', 'Meeting'),
    link('plan', 'Plan'),
    ...(actions.length === 0 ? [] : [link('timeline', 'Timeline'), link('actions', 'Actions')]),
    ...(gates.length === 0 ? [] : [link('people', 'People')]),
    ...(review ? [link('review', 'Review')] : []),
    link('cost', 'Cost'),
    link('files', 'Files'),
  ]}</nav>`;
}
