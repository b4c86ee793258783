import * as z from 'zod';
import { projectName } from './access.ts';
import { cadence, findCadenceFaults } from './cadence.ts';
import { limits } from './limits.ts';
import { recoveryWanted } from './recovery.ts';
import { runId } from './run-states.ts';
import { sha256 } from './scalars.ts';
import { taskKind, teamName } from './team.ts';
import { callbackUrl } from './webhook.ts';

/** What a team is given beside the objective. */
export const runContext = z.strictObject({
  files: z.array(z.string().max(500)).max(50).default([]),
  constraints: z.array(z.string().min(1).max(2_000)).max(50).default([]),
  referenceDocs: z.array(z.string().max(500)).max(50).default([]),
});

/** `POST /runs`. */
export const runRequest = z.strictObject({
  team: teamName,
  objective: z.string().min(1).max(limits.objectiveCharacters).optional(),
  /** Instead of an objective: one of the team's workflows, and what its `{{names}}` stand for. */
  workflow: z
    .strictObject({ id: z.string().max(40), values: z.record(z.string(), z.string().max(2_000)).default({}) })
    .optional(),
  project: projectName.default('default'),
  context: runContext.prefault({}),
  /** An archive that was put where `POST /uploads` said: the files that the run begins with. */
  workspace: z
    .strictObject({
      sha256,
      bytes: z.number().int().positive().max(limits.uploadBytes),
    })
    .optional(),
  maxCycles: z.number().int().min(1).max(limits.cycles).optional(),
  budgetUsd: z.number().positive().max(1_000).optional(),
  /** Only what differs from the team's own. A run may ask for more approvals than its team, not for fewer. */
  approvals: z
    .strictObject({
      plan: z.literal(true).optional(),
      release: z.literal(true).optional(),
      kinds: z.array(taskKind).optional(),
      expiresHours: z.number().positive().max(limits.gateHours).optional(),
    })
    .optional(),
  cadence: cadence
    .superRefine((given, { addIssue }) => {
      for (const fault of findCadenceFaults(given)) addIssue({ code: 'custom', ...fault });
    })
    .optional(),
  /** Each cycle ends well only when this alarm is over. Default: what the workflow says. */
  recovery: recoveryWanted.optional(),
  learnsFrom: z.array(runId).max(5).default([]),
  /** Told when the run has ended, and each time when somebody has to decide. */
  callbackUrl: callbackUrl.optional(),
});
export type RunRequest = z.infer<typeof runRequest>;
