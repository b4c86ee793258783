import type { JobRow } from '#contracts/job-row.ts';
import type { UsageEntry } from '#contracts/transcript.ts';
import { reservationKey } from '#core/money/settle.ts';
import type { AuditSnapshot, Finding } from './audit-snapshot.ts';

/** A turn of a transcript, and which attempt recorded it. */
export interface TurnOfAttempt {
  attempt: number;
  usage: UsageEntry;
}

/** Each turn that is recorded is paid or put aside for, as it is recorded; and nobody paid for it again. */
export function checkPaidTurns(
  row: JobRow,
  conversation: string,
  turns: readonly TurnOfAttempt[],
  { ledger }: AuditSnapshot,
): Finding[] {
  const findings: Finding[] = [];
  const say = (message: string) => findings.push({ invariant: 'paid once', subject: row.id, message });
  const paid = new Map(
    ledger
      .filter(({ jobId, savedMicroUsd }) => jobId === row.id && savedMicroUsd === undefined)
      .map((entry) => [entry.key, entry.usage] as const),
  );
  const cached = new Set(
    ledger.flatMap(({ jobId, key, microUsd, savedMicroUsd }) =>
      jobId === row.id && savedMicroUsd !== undefined && microUsd === 0 ? [key] : [],
    ),
  );
  const open = new Set(row.reservations.map(({ key }) => key));
  const recorded = new Set<string>();
  for (const { attempt, usage } of turns) {
    const key = reservationKey(attempt, conversation, usage.turn);
    recorded.add(key);
    if (usage.cached) {
      if (!cached.has(`${key}/cached`)) say(`has recorded ${key} from the cache, which did not give it`);
      continue;
    }
    const found = paid.get(key);
    if (!found && !open.has(key)) say(`has recorded ${key}, which is neither paid nor put aside for`);
    if (found && found.outputTokens !== usage.usage.outputTokens) say(`has paid ${key} by another usage`);
  }
  const own = [...paid.keys()].filter((key) => key.split('/')[1] === conversation);
  const lost = own.filter((key) => !recorded.has(key)).map((key) => key.split('/').map(Number));
  const again = lost.find(([attempt = 0, , turn = 0]) =>
    turns.some((one) => one.attempt < attempt && one.usage.turn >= turn),
  );
  if (again) say(`has paid for ${again[2]} in attempt ${again[0]}, although an earlier one had recorded it`);
  return findings;
}
