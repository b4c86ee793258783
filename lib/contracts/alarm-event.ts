import * as z from 'zod';
import { limits } from './limits.ts';
import { alarmStates } from './recovery.ts';
import { ms } from './scalars.ts';

const shortText = z.string().transform((text) => text.slice(0, limits.alarmTextCharacters));

/** What is known of an alarm that has changed. All texts are others' words. */
export const alarmFacts = z.strictObject({
  /** As CloudWatch has it. */
  name: z.string().max(255),
  sinceMs: ms,
  reason: z.string().max(limits.alarmTextCharacters),
  /** `namespace name`. */
  metric: z.string().max(limits.alarmTextCharacters).optional(),
  threshold: z.number().optional(),
});
export type AlarmFacts = z.infer<typeof alarmFacts>;

export interface AlarmEvent {
  state: (typeof alarmStates)[number];
  facts: AlarmFacts;
}

const metricStat = z.object({ metric: z.object({ namespace: z.string(), name: z.string() }) });
const reasonData = z.object({ threshold: z.number() });

/** A `CloudWatch Alarm State Change`, as far as we read it. Source: CloudWatch alarm events and EventBridge. */
export const alarmEvent = z
  .object({
    source: z.literal('aws.cloudwatch'),
    'detail-type': z.literal('CloudWatch Alarm State Change'),
    detail: z.object({
      alarmName: z.string().min(1).max(255),
      state: z.object({
        value: z.enum(alarmStates),
        reason: shortText.default(''),
        /** JSON in a string. */
        reasonData: z.string().optional(),
        /** `2026-11-20T12:00:00.000+0000`: the colon that ISO 8601 wants is not there. */
        timestamp: z
          .string()
          .transform((text) => Date.parse(text.replace(/\+0000$/, 'Z')))
          .pipe(ms),
      }),
      configuration: z
        .object({
          metrics: z.array(z.object({ metricStat: metricStat.optional().catch(undefined) })).optional(),
        })
        .optional()
        .catch(undefined),
    }),
  })
  .transform(({ detail: { alarmName: name, state, configuration } }): AlarmEvent => {
    const { metric } = configuration?.metrics?.find((each) => each.metricStat)?.metricStat ?? {};
    const threshold = thresholdIn(state.reasonData);
    return {
      state: state.value,
      facts: {
        ...{ name, sinceMs: state.timestamp, reason: state.reason },
        ...(metric
          ? { metric: `${metric.namespace} ${metric.name}`.slice(0, limits.alarmTextCharacters) }
          : {}),
        ...(threshold === undefined ? {} : { threshold }),
      },
    };
  });

function thresholdIn(text: string | undefined): number | undefined {
  try {
    return reasonData.safeParse(JSON.parse(text ?? 'null')).data?.threshold;
  } catch {
    // Not ours, and only one figure of several: the reason has it in words.
    return undefined;
  }
}
