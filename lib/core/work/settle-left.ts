import type { Conversation } from './conversation.ts';
import type { WorkContext } from './work-outcome.ts';

/** What was used is stated, whatever has gone wrong. Best effort: unheard, the reservation stands. */
export async function settleLeft(
  conversations: readonly Conversation[],
  context: WorkContext,
): Promise<void> {
  if (context.talk.aborted) return;
  for (const conversation of conversations) {
    await conversation.save(context.talk).catch((error) => {
      context.ports.log('warn', 'a model call could not be settled', { error: String(error) });
    });
  }
}
