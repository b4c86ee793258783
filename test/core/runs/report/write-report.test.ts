import { describe, expect, test } from '@jest/globals';
import { gatherReport } from '#core/runs/report/gather-report.ts';
import { renderReport } from '#core/runs/report/render-report.ts';
import type { ReportData } from '#core/runs/report/report-data.ts';
import { readToolResults } from '#core/runs/report/tool-results.ts';
import { writeReport } from '#core/runs/report/write-report.ts';
import { makeClosedCycle, runId } from '../../../fakes/closed-cycle.ts';

async function written(options: Parameters<typeof makeClosedCycle>[0] = {}) {
  const made = await makeClosedCycle(options);
  const path = await writeReport(made.deps, made.place);
  return { ...made, path, page: made.fileOf('report.html') };
}

/** As a reader sees it. */
function textOf(page: string): string {
  return page
    .replace(/<style>[\s\S]*?<\/style>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&amp;/g, '&')
    .replace(/&#39;/g, "'")
    .replace(/&quot;/g, '"')
    .replace(/\s+/g, ' ');
}

describe('the report of a cycle', () => {
  test('tells the objective, how it ended and why, the meeting, the plan and the verdicts [B2]', async () => {
    const { path, page } = await written();
    expect(path).toBe('cycles/1/report.html');
    const text = textOf(page);
    for (const said of [
      'The sum of the basket is right.',
      'Some actions failed, or could not be shown to have met their criteria.',
      'Action 2 failed: it ended FAILED (provider_refused: the model refused to answer)',
      'The loop leaves out the last line.',
      'Could not be heard: no valid answer after 3 tries',
      'Nobody has said what rounding is right.',
      'The sum is mended first. All else builds on it.',
      'not ok 3 - counts the last line',
      'ok 3 - counts the last line # pass 11',
      'test/sum.test.js',
      'Not before Friday.',
      'arn:aws:iam::1:role/Accountant',
      'Ask the accountant about rounding first.',
      'revised 1 time',
      'planning/transcript.md',
      'execution/tool_results.json',
    ])
      expect(text).toContain(said);
  });

  test('adds the cost up by agent, by model and by provider, and says what share Claude had', async () => {
    const { page } = await written();
    const text = textOf(page);
    // Nine calls of 10,000 tokens: three in the meeting, six elsewhere; the coder's three are of a GPT model.
    expect(text).toContain('Of 90,000 tokens, Claude models had 66.7 % .');
    expect(text).toContain('coder 3 3,000 24,000 1,500 1,500 33.3 % $0.0120');
    expect(text).toContain('claude-opus-5-5 (anthropic) 4 4,000 32,000 2,000 2,000 44.4 % $0.0160');
    expect(text).toContain('openai 3 3,000 24,000 1,500 1,500 33.3 % $0.0120');
    // Seven jobs spent 12,000 micro-dollars each; nine calls of 4,000 are written down.
    expect(text).toContain('$0.0480 more was put aside');
  });

  test('draws each action at its time and for as long as it took', async () => {
    const { page } = await written();
    // The cycle took eleven minutes; the first action from the second to the seventh.
    expect(page).toContain('style="margin-left:18.18%;width:45.45%"');
  });

  test('says clearly that words come from the offline model, and only where they do', async () => {
    expect(textOf((await written({ offline: true })).page)).toContain('Offline model. ');
    expect(textOf((await written()).page)).not.toContain('Offline model. ');
  });

  test('is written the same when the cycle is closed again', async () => {
    const { deps, place, page, fileOf } = await written();
    await writeReport(deps, place);
    expect(fileOf('report.html')).toBe(page);
  });

  test('is there for a cycle that was stopped before it met', async () => {
    const bare = { actions: [], plan: undefined, planningJob: undefined, reviewJob: undefined };
    const { page } = await written({
      cycle: { ...bare, end: 'StoppedByPerson', objectiveAchieved: undefined },
    });
    expect(textOf(page)).toContain('The run was stopped on request.');
    expect(textOf(page)).toContain('it was never begun');
  });

  test('is there where what workers left cannot be read', async () => {
    const { deps, place, fileOf } = await makeClosedCycle();
    for (const key of deps.objects.stored.keys()) await deps.objects.put(key, 'no JSON <script>');
    await writeReport(deps, place);
    expect(textOf(fileOf('report.html'))).toContain('It left no result that can be read');
    expect(fileOf('report.html')).not.toContain('<script');
  });
});

describe('the page', () => {
  test('needs nothing beside it, and lets nothing run', async () => {
    const { page } = await written();
    expect(page).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src`,
    );
    expect(page).not.toMatch(/<(script|img|link|iframe|object|form)\b|@import|url\(|\son\w+=/i);
    expect(page).not.toMatch(/(?:src|href)="(?!#|\.\/)/);
  });

  test('shows every text as text, whatever it holds', async () => {
    const { deps, place } = await makeClosedCycle({ offline: true });
    const data = await gatherReport(deps, place);
    const tools = await readToolResults(deps, data);
    const evil = poison(data) as ReportData;
    const page = renderReport(evil, tools);
    expect(page).not.toContain('<script');
    expect(page).not.toContain('"onload');
    expect(page).not.toContain('\u202e');
    expect(new Set([...page.matchAll(/<([a-z0-9]+)/g)].map(([, tag]) => tag))).toEqual(
      new Set([...renderReport(data, tools).matchAll(/<([a-z0-9]+)/g)].map(([, tag]) => tag)),
    );
    expect(page.match(/&lt;script&gt;/g)?.length).toBeGreaterThan(100);
  });
});

/** What code looks things up by; these come from lists of our own. */
const looked = [
  'end',
  'status',
  'kind',
  'type',
  'outcome',
  'verdict',
  'vote',
  'decision',
  'change',
  'priority',
];

function poison(value: unknown, key = ''): unknown {
  if (typeof value === 'string')
    return looked.includes(key) && value.length < 20
      ? value
      : `${value}</p><script>alert(1)</script>"onload="x\u202e'&`;
  if (Array.isArray(value)) return value.map((item) => poison(item, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, poison(item, name)]));
}

describe('the log of tools', () => {
  test('has every call of the actions with its outcome and its time [B2]', async () => {
    const { fileOf } = await written();
    const place = { action: 1, job: `${runId}-c1-a1-r0-do` };
    expect(JSON.parse(fileOf('execution/tool_results.json'))).toEqual({
      ...{ v: 1, run: runId, cycle: 1, count: 3, failed: 1, cut: false },
      calls: [
        {
          ...place,
          ...{ agent: 'coder', attempt: 1, id: 'call-1', tool: 'bash', asked: 'node --test' },
          ...{ outcome: 'failed', answered: 'exit code 1' },
          ...{ startedAt: '2026-11-20T10:00:00.000Z', milliseconds: 420 },
        },
        {
          ...place,
          ...{ agent: 'coder', attempt: 2, id: 'call-1', tool: 'bash', asked: 'node --test again' },
          ...{ outcome: 'unfinished', startedAt: '2026-11-20T10:00:00.900Z' },
        },
        {
          ...{ action: 1, job: `${runId}-c1-a1-r0-check` },
          ...{ agent: 'lead', attempt: 1, id: 'call-9', tool: 'read_file', asked: 'lib/sum.js' },
          ...{ outcome: 'ok', answered: '12 lines' },
          ...{ startedAt: '2026-11-20T10:00:00.999Z', milliseconds: 1 },
        },
      ],
    });
  });

  test('goes on over pages of events, and says where it left off', async () => {
    const { deps, place } = await makeClosedCycle();
    const data = await gatherReport(deps, place);
    const many = Array.from({ length: 450 }, (_, index) => ({
      ...{ atMs: 0, type: 'tool_start' as const, tool: 'bash', id: `many-${index}`, summary: 'x' },
    }));
    await deps.events.append(`${runId}-c1-a2-r0-do`, 1, 1, many);
    expect(await readToolResults(deps, data)).toMatchObject({ count: 453, cut: false });
    const endless = {
      events: {
        ...deps.events,
        read: async () => deps.events.read(`${runId}-c1-a2-r0-do`, { attempt: 1, seq: 0 }, 200),
      },
    };
    expect((await readToolResults(endless as unknown as typeof deps, data)).cut).toBe(true);
  });
});
