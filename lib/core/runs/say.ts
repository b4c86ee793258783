import type { RunEvent } from '#contracts/run-events.ts';
import { runEventCursor } from '#core/jobs/event-cursor.ts';
import type { Deps, RunPorts } from '#core/ports/core-deps.ts';
import { type TellDeps, tellWatchers } from '#core/stream/tell-watchers.ts';
import { toMessages } from '#core/stream/to-messages.ts';

export type SayDeps = Deps<'clock' | 'log' | 'metrics' | 'digest'> & Pick<RunPorts, 'runs'> & TellDeps;

/** Tells whoever watches. Best effort: the rows are the truth, and nobody may be kept from work by a listener. */
export async function say(deps: SayDeps, run: string, said: Omit<RunEvent, 'atMs'>): Promise<void> {
  try {
    const event = { ...said, message: said.message.slice(0, 1_000), atMs: deps.clock.nowMs() };
    const items = [{ ...event, seq: await deps.runs.events.say(run, event) }];
    const cursorBehind = ({ seq }: { seq: number }) => runEventCursor(deps.digest, run, seq);
    await tellWatchers(deps, run, () => toMessages({ watch: run, items, cursorBehind, live: true }));
  } catch (error) {
    deps.metrics.count('DeliveryFailures');
    deps.log.warn('event of a run not written', { run, reason: String(error) });
  }
}
