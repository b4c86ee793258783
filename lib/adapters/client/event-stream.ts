import { setTimeout as wait } from 'node:timers/promises';
import { type StreamedEvent, type StreamMessage, streamLimits, streamMessage } from '#contracts/stream.ts';
import { retryDelayMs } from '#core/retry.ts';
import type { EventTrack } from '#core/stream/event-track.ts';
import { signHeaders } from '../control/sigv4.ts';
import type { ApiTarget } from './find-api.ts';

/** What one reader wants to hear. */
export interface Watch {
  /** Where the reader stands; whoever reads the log meanwhile uses the same one. */
  track: EventTrack<StreamedEvent>;
  /** Told of each event once and in order. */
  onEvents(events: StreamedEvent[]): void;
  /** Something has changed that has to be looked at, or there is more than a socket carries. */
  onHint(): void;
}

export interface EventStream {
  /** From now on, and again over every new connection. */
  watch(id: string, watch: Watch): void;
  /** Whether all that is said about this job or run comes by itself at the moment. */
  isLive(id: string): boolean;
}

const usualTimes = {
  pingMs: streamLimits.pingSeconds * 1_000,
  /** A connection on which a ping is not answered so soon is dead. */
  answerMs: 20_000,
  openMs: 10_000,
  retryBaseMs: 500,
  retryCapMs: 30_000,
};

export interface EventStreamOptions {
  /** Ends it. */
  signal: AbortSignal;
  times?: Partial<typeof usualTimes>;
}

interface State extends Watch {
  isReplaying: boolean;
  isLive: boolean;
  /** Something was pushed during a replay that did not follow: perhaps it is behind the replay's end. */
  hasMissed: boolean;
}

/**
 * Events over the WebSocket API, for as long as the signal allows: signs, watches, pings, and when the connection ends,
 * whyever it does, connects again and goes on from where each reader stands. Never throws; where there is no WebSocket
 * API or none to be reached, nothing comes, and readers look for themselves.
 */
export function openEventStream(target: ApiTarget, options: EventStreamOptions): EventStream {
  const times = { ...usualTimes, ...options.times };
  const states = new Map<string, State>();
  let socket: WebSocket | undefined;

  function say(message: object): void {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  function ask(id: string, state: State): void {
    if (state.isReplaying) {
      state.hasMissed = true;
      return;
    }
    state.isReplaying = true;
    state.hasMissed = false;
    const after = state.track.cursor;
    say({ watch: id, ...(after !== undefined && { after }) });
  }

  function hear(message: StreamMessage): void {
    const id = message.type === 'pong' ? undefined : message.watch;
    const state = id === undefined ? undefined : states.get(id);
    if (id === undefined || !state) return;
    switch (message.type) {
      case 'events': {
        const { fresh, isGap } = state.track.take(message);
        if (fresh.length > 0) state.onEvents(fresh);
        if (isGap) ask(id, state);
        break;
      }
      case 'watching':
        Object.assign(state, { isReplaying: false, isLive: true });
        if (state.hasMissed) ask(id, state);
        break;
      case 'behind':
        Object.assign(state, { isReplaying: false, isLive: true });
        state.onHint();
        break;
      case 'changed':
        state.onHint();
        break;
      case 'error':
        // The reader's own look says what is wrong, in the same words.
        states.delete(id);
        state.onHint();
        break;
      case 'pong':
        break;
      default:
        message satisfies never;
    }
  }

  function forgetConnection(): void {
    socket = undefined;
    for (const state of states.values()) {
      const wasLive = state.isLive;
      Object.assign(state, { isReplaying: false, isLive: false, hasMissed: false });
      if (wasLive) state.onHint();
    }
  }

  /** Until the connection ends. Answers whether it ever was open. */
  async function holdOne(url: string): Promise<boolean> {
    const own = await open(target, url);
    const ended = Promise.withResolvers<void>();
    const end = () => ended.resolve();
    let isOpened = false;
    const tooLong = setTimeout(() => !isOpened && end(), times.openMs);
    const pulse = makePulse(times, () => say({ ping: 1 }), end);
    own.addEventListener('open', () => {
      isOpened = true;
      socket = own;
      pulse.start();
      for (const [id, state] of states) ask(id, state);
    });
    own.addEventListener('message', ({ data }) => {
      pulse.beat();
      const message = parse(String(data));
      if (message) hear(message);
    });
    own.addEventListener('close', end);
    own.addEventListener('error', end);
    options.signal.addEventListener('abort', end, { once: true });
    if (options.signal.aborted) end();
    await ended.promise;
    options.signal.removeEventListener('abort', end);
    clearTimeout(tooLong);
    pulse.stop();
    own.close();
    forgetConnection();
    return isOpened;
  }

  async function run(): Promise<void> {
    const url = await target.streamUrl?.();
    if (url === undefined || typeof WebSocket === 'undefined') return;
    for (let failures = 0; !options.signal.aborted; ) {
      // Without credentials there is no connection; the reader's own calls say so.
      const wasOpen = await holdOne(url).catch(() => false);
      failures = wasOpen ? 1 : failures + 1;
      const policy = { baseMs: times.retryBaseMs, capMs: times.retryCapMs };
      await wait(retryDelayMs(failures, policy, Math.random), undefined, {
        signal: options.signal,
        // Whoever waits has timers of its own.
        ref: false,
      }).catch(() => undefined);
    }
  }

  // Whatever else could go wrong, the reader looks for itself all the same.
  void run().catch(() => undefined);
  return {
    watch(id, watch) {
      const state = { ...watch, isReplaying: false, isLive: false, hasMissed: false };
      states.set(id, state);
      if (socket?.readyState === WebSocket.OPEN) ask(id, state);
    },
    isLive: (id) => states.get(id)?.isLive ?? false,
  };
}

/** Signed in its headers: the address shows up in logs, and nothing in it lets anybody in. */
async function open(target: ApiTarget, url: string): Promise<WebSocket> {
  const credentials = await target.credentials();
  const headers = await signHeaders({ url, credentials, region: target.region });
  return new WebSocket(url, { headers });
}

/** Says something when it was quiet, and hears when nobody answers. */
function makePulse(
  { pingMs, answerMs }: Pick<typeof usualTimes, 'pingMs' | 'answerMs'>,
  ping: () => void,
  onDead: () => void,
) {
  let next: NodeJS.Timeout | undefined;
  let dead: NodeJS.Timeout | undefined;
  const stop = () => {
    clearTimeout(next);
    clearTimeout(dead);
  };
  const start = () => {
    stop();
    next = setTimeout(() => {
      dead = setTimeout(onDead, answerMs);
      ping();
    }, pingMs);
  };
  return { start, stop, beat: start };
}

/** What a newer deployment says is passed over. */
function parse(text: string): StreamMessage | undefined {
  try {
    return streamMessage.safeParse(JSON.parse(text)).data;
  } catch {
    // Not JSON: nothing of Muster's.
    return undefined;
  }
}
