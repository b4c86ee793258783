import { type StreamedEvent, type StreamMessage, streamLimits } from '#contracts/stream.ts';
import { utf8Length } from '../work/utf8.ts';

export interface EventsToSend {
  watch: string;
  items: readonly StreamedEvent[];
  /** Position behind an event. */
  cursorBehind(event: StreamedEvent): string;
  live: boolean;
}

/** For what surrounds the items. */
const envelopeBytes = 1_000;

/** As few messages as fit one frame each. What follows an event that fits none has to be read elsewhere. */
export function toMessages({ watch, items, cursorBehind, live }: EventsToSend): StreamMessage[] {
  const messages: StreamMessage[] = [];
  let group: StreamedEvent[] = [];
  let bytes = 0;
  const flush = () => {
    const last = group.at(-1);
    if (last)
      messages.push({
        type: 'events',
        watch,
        items: group,
        cursor: cursorBehind(last),
        ...(live && { live }),
      });
    group = [];
    bytes = 0;
  };
  for (const event of items) {
    const size = utf8Length(JSON.stringify(event)) + 1;
    if (size > streamLimits.frameBytes - envelopeBytes) {
      flush();
      return [...messages, { type: 'behind', watch }];
    }
    if (bytes + size > streamLimits.frameBytes - envelopeBytes) flush();
    group.push(event);
    bytes += size;
  }
  flush();
  return messages;
}
