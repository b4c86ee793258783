import { cyclePrefix } from '#contracts/object-keys.ts';
import type { Place } from '../place.ts';
import { gatherReport, type ReportDeps } from './gather-report.ts';
import { renderReport } from './render-report.ts';
import { readToolResults } from './tool-results.ts';

/**
 * Writes `report.html` and the log of tool calls beside it. Doing it again writes the same.
 *
 * @returns the report's path below the run's files
 */
export async function writeReport(deps: ReportDeps, place: Place): Promise<string> {
  const { run, cycle } = place;
  const prefix = cyclePrefix(run.project, run.id, cycle.cycle);
  const before = await gatherReport(deps, place);
  const tools = await readToolResults(deps, before);
  const log = `${JSON.stringify(tools, null, 2)}\n`;
  await deps.objects.put(`${prefix}${toolResultsPath}`, log, 'application/json');
  // Its own length is not to be looked up again: the list was made before it was written.
  const files = [...before.files.filter(({ path }) => path !== toolResultsPath), logFile(log)];
  const page = renderReport({ ...before, files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) }, tools);
  await deps.objects.put(`${prefix}report.html`, page, 'text/html; charset=utf-8');
  return `cycles/${cycle.cycle}/report.html`;
}

const toolResultsPath = 'execution/tool_results.json';

function logFile(text: string) {
  return { path: toolResultsPath, bytes: new TextEncoder().encode(text).length };
}
