import type { ReservedMoney, TurnOptions } from '../ports/model.ts';
import type { WorkContext } from './work-outcome.ts';

/** Tells of an answer while it is written. `quiet` leaves out its words, where several are written at once. */
export function watchAnswer(
  { events, ports }: WorkContext,
  signal: AbortSignal,
  { quiet = false, reserved }: { quiet?: boolean | undefined; reserved?: ReservedMoney } = {},
): TurnOptions {
  return {
    signal,
    reserved,
    onText: (delta) => {
      if (!quiet) events.text(delta);
    },
    onRestart: (cause) => {
      const fields = { code: cause.code, error: cause.message };
      ports.log('warn', 'the model call broke off and is tried again', fields);
      const message = `The answer broke off and begins again: ${cause.message}`.slice(0, 4_000);
      events.say({ type: 'note', message });
    },
  };
}
