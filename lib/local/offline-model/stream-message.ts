import type { ServerResponse } from 'node:http';
import { toDeltas, toStart } from './answer-block.ts';
import type { AnswerMessage } from './compose-message.ts';
import type { ScriptedFault } from './script.ts';

export interface StreamOptions {
  fault: ScriptedFault | undefined;
  requestId: string;
  /** Waits between two pieces of the answer. */
  pace(): Promise<void>;
}

/** Sends a message as server-sent events, piece by piece, until it is done or the client has gone. */
export async function streamMessage(
  res: ServerResponse,
  message: AnswerMessage,
  options: StreamOptions,
): Promise<void> {
  const { output_tokens, ...prompt } = message.usage;
  const begun = { ...message, content: [], stop_reason: null, stop_sequence: null, stop_details: null };
  send(res, 'message_start', { message: { ...begun, usage: { ...prompt, output_tokens: 1 } } });
  let sent = 0;
  for (const [index, block] of message.content.entries()) {
    send(res, 'content_block_start', { index, content_block: toStart(block) });
    if (index === 0) send(res, 'ping', {});
    for (const delta of toDeltas(block)) {
      if (interrupt(res, options, sent) || res.destroyed) return;
      send(res, 'content_block_delta', { index, delta });
      sent += 1;
      await options.pace();
    }
    send(res, 'content_block_stop', { index });
  }
  if (interrupt(res, options, Number.POSITIVE_INFINITY)) return;
  const { stop_reason, stop_sequence, stop_details } = message;
  const delta = { stop_reason, stop_sequence, stop_details };
  send(res, 'message_delta', { delta, usage: { ...prompt, output_tokens } });
  send(res, 'message_stop', {});
  res.end();
}

function send(res: ServerResponse, type: string, fields: Record<string, unknown>): void {
  res.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
}

/** Lets the scripted fault happen when its moment has come. */
function interrupt(res: ServerResponse, { fault, requestId }: StreamOptions, sent: number): boolean {
  if (!fault || fault.kind === 'status' || sent < fault.afterDeltas) return false;
  // Destroyed only once what was written has left, so that a client sees the beginning.
  if (fault.kind === 'cut') setImmediate(() => res.destroy());
  if (fault.kind === 'streamError') {
    send(res, 'error', { error: { type: fault.type, message: 'Scripted' }, request_id: requestId });
    res.end();
  }
  return true;
}
