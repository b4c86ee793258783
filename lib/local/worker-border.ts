import type { AwsResponse, LocalPrincipal, LocalService } from './service.ts';

const isWorkerPath = (path: string): boolean => path === '/worker' || path.startsWith('/worker/');

/** The one rule of the deployed IAM policies that must hold here too: workers call `/worker/*`, nobody else does. */
export function makeMayCall(
  workerLabels: ReadonlySet<string>,
): (principal: LocalPrincipal, path: string) => boolean {
  return ({ label }, path) => {
    let decoded = path;
    try {
      decoded = decodeURIComponent(path);
    } catch {
      // Not decodable, so no route's path either; the raw spelling decides.
    }
    // A path that is one thing as sent and another when decoded is nobody's.
    return isWorkerPath(path) === isWorkerPath(decoded) && isWorkerPath(path) === workerLabels.has(label);
  };
}

function refuse(service: string): AwsResponse {
  const message = "A worker's key opens /worker/* of the API and nothing else";
  const headers = { 'x-amzn-errortype': 'AccessDeniedException' };
  if (service !== 's3')
    return { status: 403, headers, body: JSON.stringify({ __type: 'AccessDeniedException', message }) };
  return { status: 403, body: `<Error><Code>AccessDenied</Code><Message>${message}</Message></Error>` };
}

/** The task role has no rights but the API's: whatever a worker may read or write, the API hands it an address for. */
export function closeToWorkers(service: LocalService, workerLabels: ReadonlySet<string>): LocalService {
  return {
    handle: async (request) =>
      workerLabels.has(request.principal.label) ? refuse(request.service) : service.handle(request),
  };
}
