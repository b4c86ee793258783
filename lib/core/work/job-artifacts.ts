import type { Artifacts } from '../ports/artifacts.ts';
import { storeFile } from './store-file.ts';
import type { WorkContext } from './work-outcome.ts';

/** Artifacts of one job: what this attempt has put, below its own folder. */
export function makeJobArtifacts(context: WorkContext): Artifacts {
  const put = new Map<string, Uint8Array>();
  return {
    async put(name, content, signal) {
      const stored = await storeFile(`artifacts/${name}`, content, context, signal);
      put.set(name, content);
      return { name, ...stored };
    },
    get: async (name) => put.get(name),
    list: async () => [...put.keys()].sort(),
  };
}
