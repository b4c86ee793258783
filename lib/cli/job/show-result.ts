import { chatResult, echoResult } from '#contracts/job-view.ts';
import { formatUsd } from '../format.ts';
import { printable, printableLine } from '../printable.ts';

export interface ShownResult {
  /** What was asked for: the words, and nothing else. */
  text: string;
  /** Where it comes from and what it cost. */
  footnote: string | undefined;
}

/** A result document for people. A kind that is not known here is shown as it is. */
export function showResult(document: unknown): ShownResult {
  const chat = chatResult.safeParse(document);
  if (chat.success) return showChat(chat.data);
  const echo = echoResult.safeParse(document);
  if (!echo.success) return { text: printable(JSON.stringify(document, undefined, 2)), footnote: undefined };
  const { message, processedBy } = echo.data;
  return { text: printable(message), footnote: `echo by worker ${printableLine(processedBy)}` };
}

function showChat({ text, model, usage, costUsd, stopReason, offline }: ReturnType<typeof chatResult.parse>) {
  const tokens = `${usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens} in, ${usage.outputTokens} out`;
  const cut = stopReason === 'max_tokens' ? ' · cut off at --max-tokens' : '';
  const words = offline ? ' · prewritten by the offline model; nothing was paid' : '';
  return {
    text: printable(text),
    footnote: `${printableLine(model)} · ${tokens} · ${formatUsd(costUsd)}${cut}${words}`,
  };
}
