import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import type { ApiClient } from '#adapters/client/api-client.ts';
import { packFolder } from '#adapters/client/pack-folder.ts';
import { upload } from '#adapters/client/upload.ts';
import type { JobView } from '#contracts/job-view.ts';
import type { RunView } from '#contracts/run-view.ts';
import { formatBytes } from '../format.ts';
import { followRun } from '../run/follow-run.ts';
import { makeRunView } from '../run/run-watch-view.ts';
import { ending } from '../run/watch-run.ts';
import type { Teller } from './teller.ts';

const folder = fileURLToPath(new URL('../../../examples/fix-the-tests/project', import.meta.url));
const objective = 'The tests of this library fail. Find out why, and fix the library, not the tests.';

const width = 98;

export interface DemoRun {
  run: RunView;
  /** All that it made, for the receipt. */
  jobs: JobView[];
}

/** A team plans, does and reviews: the example's library is repaired, and its report stays. */
export async function runTeam(tell: Teller, api: ApiClient, signal: AbortSignal): Promise<DemoRun> {
  tell.step(`POST /runs: team solo "${objective.slice(0, 31)} …", with a folder`);
  const packed = await packFolder(folder);
  const workspace = await upload(api, undefined, { body: packed.archive, sha256: packed.sha256 });
  tell.line(
    `examples/fix-the-tests/project: ${packed.files} files, ${formatBytes(packed.archive.length)} compressed`,
  );
  const body = { team: 'solo', objective, workspace };
  const { body: started } = await api.call('startRun', { body, idempotencyKey: randomUUID(), signal });
  const view = makeRunView({ ...tell.out, line: (text = '') => tell.plain(narrow(text)) });
  const run = await followRun(api, started.id, {
    signal,
    onHeard: (heard, now) => {
      for (const one of heard) view.heard(one, now);
    },
    onLook: (now) => view.looked(now),
  });
  for (const line of ending(run, tell.out)) tell.plain(line);
  await keepReport(tell, api, run);
  const { body: jobs } = await api.call('listJobs', { query: { run: run.id, limit: 100 } });
  return { run, jobs: jobs.items };
}

/** A line of the tour stays one line. */
function narrow(text: string): string {
  const plain = stripVTControlCharacters(text);
  return plain.length <= width ? text : `${plain.slice(0, width - 1)}…`;
}

/** The demo's data goes away; what a person wants to read stays. */
async function keepReport(tell: Teller, api: ApiClient, run: RunView): Promise<void> {
  const cycle = run.cycles.findLast(({ end }) => end !== undefined);
  if (!cycle) return;
  const path = `cycles/${cycle.cycle}/report.html`;
  const { body: file } = await api.call('readRunFile', { params: { id: run.id, path } });
  const html = await (await fetch(file.url)).text();
  mkdirSync('.muster', { recursive: true });
  const kept = join('.muster', 'demo-report.html');
  writeFileSync(kept, html);
  tell.line(`The report of the cycle, for a browser: ${kept}`);
}
