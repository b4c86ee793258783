import type { ContentBlock } from '#contracts/conversation.ts';
import { noUsage, type TokenUsage } from '#contracts/usage.ts';
import {
  type Model,
  ModelError,
  type ModelRequest,
  type ModelTurn,
  type StopReason,
  type TurnOptions,
} from '#core/ports/model.ts';
import { heeding } from './agent-time.ts';
import type { SimTask } from './sim-task.ts';
import type { World } from './world.ts';

const conversation = 'main';

/** A model that calls tools as it likes. Every call that reaches it costs, whether or not its answer arrives. */
export class AgentModel implements Model {
  readonly #world: World;
  readonly #task: SimTask;

  constructor(world: World, task: SimTask) {
    this.#world = world;
    this.#task = task;
  }

  async turn(request: ModelRequest, { signal, onText }: TurnOptions): Promise<ModelTurn> {
    const world = this.#world;
    const { actor, attempt } = this.#task;
    const key = `${attempt}/${conversation}/${this.#task.reservedTurn}`;
    const call: { usage?: TokenUsage; isGivenUp?: boolean } = {};
    const answer = world.network.request(actor, `model ${key}`, () => this.#serve(request, key, call));
    try {
      const turn = await this.#task.busy(heeding(signal, answer));
      onText?.(turn.text);
      return turn;
    } catch (error) {
      call.isGivenUp = true;
      throw this.#toModelError(error, call.usage, signal);
    }
  }

  /** What was used is known where the stream had begun, and sometimes not even then when the worker broke it off. */
  #toModelError(error: unknown, usage: TokenUsage | undefined, signal: AbortSignal): ModelError {
    if (error instanceof ModelError) return error;
    if (!signal.aborted) return lost(usage);
    const isKnown = usage !== undefined && this.#world.chance.chance(0.5);
    return new ModelError('interrupted', 'the worker stops', isKnown ? { usage } : {});
  }

  async #serve(request: ModelRequest, key: string, call: { usage?: TokenUsage; isGivenUp?: boolean }) {
    const world = this.#world;
    const { chance, faults, nowMs, scheduler, agents } = world;
    // Nobody listens any more, so the provider does not begin.
    if (call.isGivenUp) throw lost(undefined);
    if (faults.fires('model.error', nowMs, key)) throw lost(undefined);
    const isCut = faults.fires('model.cut', nowMs, key);
    const usage = this.#usageOf(request, isCut);
    agents.asks(this.#task, key, usage);
    call.usage = usage;
    const thinkMs = chance.int(1_000, 25_000);
    await new Promise<void>((resolve) =>
      scheduler.after(thinkMs, () => {
        resolve();
        return true;
      }),
    );
    if (isCut) throw lost(usage);
    return this.#answer(request, usage);
  }

  #usageOf(request: ModelRequest, isCut: boolean): TokenUsage {
    const { chance } = this.#world;
    const inputTokens = Math.floor(JSON.stringify(request.messages).length / 4);
    const outputTokens = chance.int(isCut ? 0 : 1, request.maxTokens);
    return { ...noUsage, inputTokens, outputTokens };
  }

  #answer({ messages, tools = [] }: ModelRequest, usage: TokenUsage): ModelTurn {
    const { chance } = this.#world;
    const answers = messages.filter(({ role }) => role === 'assistant').length;
    const hasSandbox = tools.some(({ name }) => name === 'bash');
    const wish = chance.next();
    // Without programs a turn takes little time, and slices are to be used up.
    const isLast = answers >= (hasSandbox ? 3 : 9) && chance.chance(0.35);
    if (isLast || wish < 0.03) return this.#say(usage, [this.#submit()]);
    if (!hasSandbox && wish < 0.8) return this.#say(usage, some(chance.int(1, 2), this.#fetch));
    if (wish < 0.4) return this.#say(usage, some(chance.int(1, 3), this.#bash));
    if (wish < 0.55) return this.#say(usage, some(chance.int(1, 3), this.#write));
    if (wish < 0.7) return this.#say(usage, [this.#bash(), this.#read(), this.#bash(), this.#write()]);
    if (wish < 0.78) return this.#say(usage, [this.#submit(), this.#bash()]);
    if (wish < 0.88) return this.#say(usage, []);
    if (wish < 0.91) return this.#say(usage, [this.#bash()], 'max_tokens');
    if (wish < 0.94) return this.#say(usage, [], 'pause_turn');
    if (wish < 0.97) return this.#say(usage, [this.#call('no_such_tool', {})]);
    if (wish < 0.995) return this.#say(usage, [this.#call('bash', {}, 'its input is no JSON')]);
    return this.#say(usage, [], 'refusal');
  }

  #say(usage: TokenUsage, calls: ContentBlock[], stopReason?: StopReason): ModelTurn {
    const text = calls.length === 0 ? 'It is done.' : '';
    const content = text === '' ? calls : [{ type: 'text' as const, text }, ...calls];
    const reason = stopReason ?? (calls.length > 0 ? 'tool_use' : 'end_turn');
    return { content, text, stopReason: reason, usage, model: 'claude-sonnet-5-5', offline: false };
  }

  #call(name: string, input: unknown, invalid?: string): ContentBlock {
    const id = this.#world.agents.newCallId();
    return { type: 'tool_use', id, name, input, ...(invalid !== undefined && { invalid }) };
  }

  #bash = (): ContentBlock => {
    const id = this.#world.agents.newCallId();
    return { type: 'tool_use', id, name: 'bash', input: { command: `effect ${id}` } };
  };

  #write = (): ContentBlock => {
    const id = this.#world.agents.newCallId();
    const input = { path: `file-${this.#world.chance.int(1, 3)}`, content: id };
    return { type: 'tool_use', id, name: 'write_file', input };
  };

  #read = (): ContentBlock => this.#call('list_files', {});
  #fetch = (): ContentBlock => this.#call('http_get', { url: 'https://example.com/' });

  #submit = (): ContentBlock => {
    const summary = `Done ${this.#world.chance.hex(4)}.`;
    return this.#call('submit_result', { summary, evidence: [], confidence: 1, limitations: [] });
  };
}

function some(count: number, make: () => ContentBlock): ContentBlock[] {
  return Array.from({ length: count }, make);
}

function lost(usage: TokenUsage | undefined): ModelError {
  return new ModelError('provider_unavailable', 'the stream broke off', {
    retryable: true,
    ...(usage && { usage }),
  });
}
