import type { Artifacts } from '../ports/artifacts.ts';
import { persist } from './fenced-control.ts';
import { storeFile } from './store-file.ts';
import type { WorkContext } from './work-outcome.ts';

/** Artifacts of one job, kept below each attempt's own folder, and of those that it shares with. */
export function makeJobArtifacts(context: WorkContext): Artifacts {
  const { control, session, ports } = context;
  return {
    async put(name, content, signal) {
      const stored = await storeFile(`artifacts/${name}`, content, context, signal);
      return { name, ...stored };
    },
    get(name, job, signal) {
      // Addresses live for minutes, so each try asks for a new one.
      const once = async () => {
        const reply = await control.artifacts({ ...session, ...(job && { job }), path: name }, signal);
        return reply.kind === 'file' ? ports.objects.get(reply.url, signal) : undefined;
      };
      return persist(once, { signal, time: ports.time, log: ports.log, what: 'reading an artifact' });
    },
    async list(job, signal) {
      const reply = await control.artifacts({ ...session, ...(job && { job }) }, signal);
      return reply.kind === 'list' ? reply.paths : [];
    },
  };
}
