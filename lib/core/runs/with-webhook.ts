import type { RunRow } from '#contracts/run-row.ts';

/** What follows from the end of a run, in the same write as the end. */
export function withWebhook({ callbackUrl }: RunRow, outbox: RunRow['outbox']): RunRow['outbox'] {
  return callbackUrl === undefined ? outbox : { ...outbox, webhook: { kind: 'webhook' } };
}
