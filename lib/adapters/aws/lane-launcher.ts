import type { Lane } from '#contracts/lanes.ts';
import type { Launcher } from '#core/ports/compute.ts';

/** Each worker starts where its job's lane says. */
export function makeLaneLauncher(launchers: Record<Lane, Launcher>): Launcher {
  return { launch: (request) => launchers[request.lane].launch(request) };
}
