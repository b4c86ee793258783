import type { SubmitDeps } from '#core/jobs/submit-job.ts';
import type { Deps, RunPorts } from '#core/ports/core-deps.ts';

/** What use cases of runs need. */
export type RunDeps = SubmitDeps & RunPorts & Deps<'events' | 'ledger'>;
