import type { RunEvent } from '#contracts/run.ts';
import type { Deps, RunPorts } from '#core/ports/core-deps.ts';

export type SayDeps = Deps<'clock' | 'log' | 'metrics'> & Pick<RunPorts, 'runs'>;

/** Tells whoever watches. Best effort: the rows are the truth, and nobody may be kept from work by a listener. */
export async function say(deps: SayDeps, run: string, event: Omit<RunEvent, 'atMs'>): Promise<void> {
  try {
    const message = event.message.slice(0, 1_000);
    await deps.runs.events.say(run, { ...event, message, atMs: deps.clock.nowMs() });
  } catch (error) {
    deps.metrics.count('DeliveryFailures');
    deps.log.warn('event of a run not written', { run, reason: String(error) });
  }
}
