import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ApiClient } from '#adapters/client/api-client.ts';
import { fetchWorkspace } from '#adapters/client/fetch-workspace.ts';
import { packFolder } from '#adapters/client/pack-folder.ts';
import { upload } from '#adapters/client/upload.ts';
import type { NumberedEvent } from '#contracts/job-events.ts';
import { type AgentResult, agentResult, type JobView } from '#contracts/job-view.ts';
import { formatBytes, formatDuration } from '../format.ts';
import { diffStat } from '../job/diff-stat.ts';
import { printableLine } from '../printable.ts';
import { submitAndFollow } from './run-job.ts';
import type { Teller } from './teller.ts';
import { wrap } from './wrap.ts';

const folder = fileURLToPath(new URL('../../../examples/fix-the-tests/project', import.meta.url));
const prompt = 'The tests of this library fail. Find out why, and fix the library, not the tests.';
const criterion = 'All tests pass';
const width = 84;
const callWidth = 70;

/** Sends the example's folder to an agent, and tells what it does with it. */
export async function runAgent(tell: Teller, api: ApiClient, signal: AbortSignal): Promise<JobView> {
  tell.step('POST /jobs: agent "The tests of this library fail. …", with a folder');
  const packed = await packFolder(folder);
  const workspace = await upload(api, undefined, { body: packed.archive, sha256: packed.sha256 });
  tell.line(
    `examples/fix-the-tests/project: ${packed.files} files, ${formatBytes(packed.archive.length)} compressed`,
  );
  const payload = { prompt, criteria: [criterion], workspace };
  const job = await submitAndFollow(tell, api, { type: 'agent', payload }, signal, makeNarrator(tell));
  if (job.status !== 'SUCCEEDED') return job;
  const { body } = await api.call('readResult', { params: { id: job.id } });
  await tellResult(tell, api, job.id, agentResult.parse(body));
  return job;
}

/** What the agent says, and a line for each of its tools. */
function makeNarrator(tell: Teller): (event: NumberedEvent) => void {
  let said = '';
  const asked = new Map<string, string>();
  return (event) => {
    if (event.type === 'text') said += event.text;
    else if (event.type === 'tool_start') asked.set(event.id, event.summary);
    // The end of a turn is the end of what was said in it.
    if (event.type !== 'text' && said !== '') {
      for (const line of wrap(printableLine(said), width)) tell.line(`  ${line}`);
      said = '';
    }
    if (event.type !== 'tool_end') return;
    const mark = event.ok ? tell.out.paint('green', '✓') : tell.out.paint('red', '✗');
    const call = printableLine(`${event.tool} ${asked.get(event.id) ?? ''}`);
    const shown = call.length > callWidth ? `${call.slice(0, callWidth - 1)}…` : call;
    tell.line(`  ${mark} ${shown}  ${tell.out.paint('gray', formatDuration(event.milliseconds))}`);
  };
}

/** What the last test run said about itself. */
const counts = /^\S* ?(?:tests|pass|fail) \d+$/;

async function tellResult(tell: Teller, api: ApiClient, id: string, result: AgentResult): Promise<void> {
  for (const { criterion: met, check, output } of result.evidence) {
    const lines = output.split('\n').filter((line) => counts.test(line.trim()));
    tell.line(`"${printableLine(met)}": ${printableLine(check)} → ${printableLine(lines.join(', '))}`);
  }
  const copy = mkdtempSync(join(tmpdir(), 'muster-demo-fixed-'));
  try {
    cpSync(folder, copy, { recursive: true });
    const fetched = await fetchWorkspace(api, id, result, copy);
    for (const line of diffStat(fetched, tell.out)) tell.line(`  ${line}`);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
