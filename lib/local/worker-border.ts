import type { LocalPrincipal, LocalService } from './service.ts';
import { ServiceFault } from './service-fault.ts';

/** By which the counters name workers that run as tasks. */
export const workerLabel = 'worker';

const isWorkerPath = (path: string): boolean => path === '/worker' || path.startsWith('/worker/');

/** The one rule of the deployed IAM policies that must hold here too: workers call `/worker/*`, nobody else does. */
export function mayCall({ isWorker = false }: LocalPrincipal, path: string): boolean {
  let decoded = path;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    // Not decodable, so no route's path either; the raw spelling decides.
  }
  // A path that is one thing as sent and another when decoded is nobody's.
  return isWorkerPath(path) === isWorkerPath(decoded) && isWorkerPath(path) === isWorker;
}

/** The task role has no rights but the API's: whatever a worker may read or write, the API hands it an address for. */
export function closeToWorkers(service: LocalService): LocalService {
  return {
    async handle(request) {
      if (!request.principal.isWorker) return service.handle(request);
      const code = request.service === 's3' ? 'AccessDenied' : 'AccessDeniedException';
      throw new ServiceFault(403, code, "A worker's key opens /worker/* of the API and nothing else");
    },
  };
}
