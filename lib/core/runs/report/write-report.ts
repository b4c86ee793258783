import { cyclePrefix } from '#contracts/object-keys.ts';
import type { Place } from '../place.ts';
import type { RunDeps } from '../run-deps.ts';

/** Writes `report.html`, and answers its path below the run's files. */
export async function writeReport(deps: RunDeps, { run, cycle }: Place): Promise<string> {
  const html = `<!doctype html><title>${run.id}</title><p>Cycle ${cycle.cycle}: ${cycle.end}</p>\n`;
  await deps.objects.put(`${cyclePrefix(run.project, run.id, cycle.cycle)}report.html`, html, 'text/html');
  return `cycles/${cycle.cycle}/report.html`;
}
