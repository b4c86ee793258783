import * as z from 'zod';
import { runId } from './run-states.ts';
import { hex64, ms, time } from './scalars.ts';
import { agentId } from './team.ts';

/** `plan`, `release`, `action`: yes or no. `task`: a person does something and hands it in. */
export const gateKinds = ['plan', 'release', 'action', 'task'] as const;
export type GateKind = (typeof gateKinds)[number];

export const gateStatuses = ['PENDING', 'APPROVED', 'REJECTED', 'EXPIRED', 'CANCELLED'] as const;
export type GateStatus = (typeof gateStatuses)[number];

export const gateId = z
  .string()
  .regex(/^run-[0-9a-f]{16}-c[0-9]{1,5}-(plan|release|a[0-9]{1,2}-r[0-9]-(action|task))$/);

/** What a person has to decide: one item, written whole under its version. The row owns the expiry. */
export const gateRow = z.strictObject({
  schemaVersion: z.literal(1),
  version: z.number().int().positive(),
  id: gateId,
  run: runId,
  cycle: z.number().int().positive(),
  project: z.string(),
  team: z.string(),
  kind: z.enum(gateKinds),
  /** Of the action, where it is about one. */
  action: z.number().int().positive().optional(),
  title: z.string(),
  /** At most ten lines. */
  summary: z.string(),
  /** What is decided about, by its content: the plan, the release, the action. */
  digest: hex64,
  /** Whom it is for, as the team calls them. */
  person: agentId.optional(),
  status: z.enum(gateStatuses),
  createdAtMs: ms,
  updatedAtMs: ms,
  expiresAtMs: ms,
  /** When it was counted as about to expire. */
  warnedAtMs: ms.optional(),
  /** Who started the run; may not decide where `own` is false. */
  runCallerArn: z.string(),
  own: z.boolean(),
  decidedAtMs: ms.optional(),
  decidedBy: z.string().optional(),
  comment: z.string().optional(),
  /** What a human task hands in: words, and an archive of files. */
  result: z.string().optional(),
  files: z.strictObject({ sha256: hex64, bytes: z.number().int() }).optional(),
  /** Of the waiting state: a bearer credential, never shown. */
  token: z.string().optional(),
  /** That the same state brought before, the latest last: one of them may be the one that still counts. */
  olderTokens: z.array(z.string()).optional(),
  outbox: z.record(
    z.string(),
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('announce') }),
      /** Tell the run's receiver by HTTP that somebody has to decide. */
      z.strictObject({ kind: z.literal('webhook'), url: z.string() }),
      z.strictObject({ kind: z.literal('token'), token: z.string() }),
    ]),
  ),
});
export type GateRow = z.infer<typeof gateRow>;

/** `POST /approvals/{id}`. */
export const gateDecision = z.strictObject({
  decision: z.enum(['approve', 'reject']),
  /** As the approval shows it: so that nobody approves what they have not seen. */
  digest: hex64,
  comment: z.string().max(4_000).optional(),
  /** Only of a human task. */
  result: z.string().max(20_000).optional(),
  files: z.strictObject({ sha256: hex64, bytes: z.number().int().positive() }).optional(),
});
export type GateDecision = z.infer<typeof gateDecision>;

export const gateView = z
  .strictObject({
    id: z.string(),
    run: runId,
    cycle: z.number().int(),
    project: z.string(),
    team: z.string(),
    kind: z.enum(gateKinds),
    action: z.number().int().optional(),
    title: z.string(),
    summary: z.string(),
    digest: z.string(),
    person: z.string().optional(),
    status: z.enum(gateStatuses),
    createdAt: time,
    expiresAt: time,
    /** What happens when nobody decides until then. */
    onExpiry: z.string(),
    decidedAt: time.optional(),
    decidedBy: z.string().optional(),
    comment: z.string().optional(),
    result: z.string().optional(),
    files: z.strictObject({ sha256: z.string(), bytes: z.number().int() }).optional(),
  })
  .meta({ id: 'Approval' });
export type GateView = z.infer<typeof gateView>;
