import type { JobRow } from '#contracts/job-row.ts';
import { showDuration, showTime } from './figures.ts';
import { type Html, html, type Tone } from './html.ts';
import type { ReportData } from './report-data.ts';
import { toneOfAction } from './tones.ts';

interface Bar {
  label: string;
  /** Of the wave, or of the step. */
  group: string;
  fromMs: number;
  toMs: number;
  tone: Tone;
}

/** When what was worked on, wave by wave; waiting for a person counts as well. */
export function timelineSection(data: ReportData): Html {
  const bars = barsOf(data);
  if (bars.length === 0) return html``;
  const fromMs = Math.min(data.cycle.startedAtMs, ...bars.map((bar) => bar.fromMs));
  const toMs = Math.max(data.cycle.endedAtMs ?? 0, ...bars.map((bar) => bar.toMs));
  const groups = [...new Set(bars.map(({ group }) => group))];
  return html`<section id="timeline"><h2>Timeline</h2>
<p class="dim">From ${showTime(fromMs)} to ${showTime(toMs)}: ${showDuration(toMs - fromMs)}</p>
${groups.map(
  (group) => html`<div class="wave"><p class="label">${group}</p>
${bars.filter((bar) => bar.group === group).map((bar) => draw(bar, fromMs, toMs))}</div>`,
)}</section>`;
}

function barsOf({ cycle, jobs, actions }: ReportData): Bar[] {
  const step = (id: string | undefined, label: string, group: string): Bar[] => {
    const job = jobs.find((each) => each.id === id);
    return job?.startedAtMs === undefined ? [] : [barOf(job, job.startedAtMs, label, group)];
  };
  const acted = actions
    .toSorted((a, b) => a.state.wave - b.state.wave || a.state.id - b.state.id)
    .flatMap(({ state }): Bar[] => {
      const { id, title, owner, wave, priority, startedAtMs, endedAtMs, status } = state;
      if (startedAtMs === undefined) return [];
      const group = `Wave ${wave + 1}: ${prioritiesIn(wave, actions)}`;
      const label = `${id} ${owner} (${priority}): ${title}`;
      const toMs = endedAtMs ?? cycle.endedAtMs ?? startedAtMs;
      return [{ label, group, fromMs: startedAtMs, toMs, tone: toneOfAction(status) }];
    });
  return [
    ...step(cycle.planningJob, 'The planning team meets', 'Planning'),
    ...acted,
    ...step(cycle.reviewJob, 'The coordinator reviews the cycle', 'Review'),
  ];
}

function prioritiesIn(wave: number, actions: ReportData['actions']): string {
  const inside = actions.filter(({ state }) => state.wave === wave).map(({ state }) => state.priority);
  return [...new Set(inside)].join(', ');
}

function barOf(
  { endedAtMs, updatedAtMs, status }: JobRow,
  fromMs: number,
  label: string,
  group: string,
): Bar {
  return {
    label,
    group,
    fromMs,
    toMs: endedAtMs ?? updatedAtMs,
    tone: status === 'SUCCEEDED' ? 'plain' : 'bad',
  };
}

function draw({ label, fromMs, toMs, tone }: Bar, startMs: number, endMs: number): Html {
  const whole = Math.max(1, endMs - startMs);
  const share = (ms: number) => Math.min(100, Math.max(0, (100 * ms) / whole)).toFixed(2);
  const place = `margin-left:${share(fromMs - startMs)}%;width:${share(toMs - fromMs)}%`;
  return html`<div class="row"><span class="name">${label}</span><span class="track"><span class="bar ${tone}" style="${place}"></span></span><span class="took">${showDuration(toMs - fromMs)}</span></div>`;
}
