import * as z from 'zod';
import { limits } from './limits.ts';
import { ms, time } from './scalars.ts';

/** What receivers are told of, as `type` of the body says it. */
export const webhookEvents = ['job.ended', 'run.ended', 'approval.waiting'] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

export const webhookStatuses = ['pending', 'delivered', 'dead'] as const;
export type WebhookStatus = (typeof webhookStatuses)[number];

/** Follows from what it tells of, so that one event is one webhook, however often it is said. */
export const webhookId = z.string().regex(/^wh-[0-9a-f]{32}$/, 'must be a webhook id like wh-0123…');

/** Its form alone: where it may lead is for `requireCallback`, and at every try for the egress rules. */
export const callbackUrl = z
  .string()
  .max(limits.callbackUrlCharacters)
  .refine((text) => URL.canParse(text), 'must be a URL like https://example.com/hooks');

/** One message to one receiver: an item of its own, written whole under its version, found by the `due` index. */
export const webhookRow = z.strictObject({
  schemaVersion: z.literal(1),
  version: z.number().int().positive(),
  id: webhookId,
  project: z.string(),
  event: z.enum(webhookEvents),
  /** The job, run or approval that it tells of. */
  subject: z.string(),
  url: z.string(),
  status: z.enum(webhookStatuses),
  /** Sent as it stands here at every try: the signature covers each of its bytes. */
  body: z.string(),
  /** Since it was made, or since its last replay. Counted before each try. */
  tries: z.number().int().nonnegative(),
  replays: z.number().int().nonnegative(),
  createdAtMs: ms,
  updatedAtMs: ms,
  /** Of a pending one: when it is to be tried next. While it is being tried: when that counts as given up. */
  tryAtMs: ms.optional(),
  endedAtMs: ms.optional(),
  /** What the receiver answered last. */
  lastStatus: z.number().int().optional(),
  /** One sentence: why the last try failed, or why there are no more. */
  reason: z.string().optional(),
});
export type WebhookRow = z.infer<typeof webhookRow>;

/** Which signing secrets of a project are valid; the secrets themselves are derived and stored nowhere. */
export const webhookKeysRow = z.strictObject({
  version: z.number().int().positive(),
  updatedAtMs: ms,
  project: z.string(),
  /** The newest signing secret's number. */
  current: z.number().int().positive(),
  /** Until then the one before signs, too. */
  previousUntilMs: ms.optional(),
});
export type WebhookKeysRow = z.infer<typeof webhookKeysRow>;

/** An address that has said that it is gone. */
export const webhookUrlRow = z.strictObject({
  version: z.number().int().positive(),
  updatedAtMs: ms,
  project: z.string(),
  urlSha256: z.string(),
  /** Missing: it may be used again. */
  disabledAtMs: ms.optional(),
});
export type WebhookUrlRow = z.infer<typeof webhookUrlRow>;

export const webhookView = z
  .strictObject({
    id: webhookId,
    project: z.string(),
    event: z.enum(webhookEvents),
    subject: z.string(),
    url: z.string(),
    status: z.enum(webhookStatuses),
    tries: z.number().int(),
    replays: z.number().int(),
    createdAt: time,
    nextTryAt: time.optional(),
    endedAt: time.optional(),
    lastStatus: z.number().int().optional(),
    reason: z.string().optional(),
  })
  .meta({ id: 'Webhook' });
export type WebhookView = z.infer<typeof webhookView>;

/** With what is sent. */
export const webhookDetail = webhookView.extend({ body: z.string() }).meta({ id: 'WebhookDetail' });

export const webhookSecrets = z
  .strictObject({
    project: z.string(),
    /** The newest first; receivers may take a signature by any of them. */
    secrets: z.array(
      z.strictObject({
        version: z.number().int(),
        /** `whsec_…`, as Standard Webhooks has it. */
        secret: z.string(),
        /** Of the one before: how long it signs. */
        validUntil: time.optional(),
      }),
    ),
  })
  .meta({ id: 'WebhookSecrets' });
export type WebhookSecrets = z.infer<typeof webhookSecrets>;

/** How the delivering function is asked to deliver. */
export const deliveryCall = z.strictObject({
  v: z.literal(1),
  webhooks: z.array(webhookId).min(1).max(limits.webhooksPerCall),
});
export type DeliveryCall = z.infer<typeof deliveryCall>;
