import type { WholeAnswer } from '#contracts/response-cache.ts';
import type { ResultEntry, TranscriptEntry, TranscriptSegment } from '#contracts/transcript.ts';
import type { TokenUsage } from '#contracts/usage.ts';
import type { ReserveRequest, Settlement, TurnRequest } from '#contracts/worker-protocol.ts';
import { overBudget } from '../money/over-budget.ts';
import { priceOf } from '../money/price.ts';
import { type Model, ModelError, type ModelRequest, type ModelTurn } from '../ports/model.ts';
import type { ConversationTerms } from './conversation-terms.ts';
import { inputBound } from './input-bound.ts';
import { pinTerms } from './pin-terms.ts';
import { responseKeyOf } from './response-key.ts';
import { chunksOf, userText } from './segments.ts';
import { Transcript } from './transcript.ts';
import { toUtf8 } from './utf8.ts';
import { watchAnswer } from './watch-answer.ts';
import { fromWholeAnswer, toWholeAnswer } from './whole-answer.ts';
import type { WorkContext } from './work-outcome.ts';

/** What earlier attempts have recorded of a conversation. */
export interface RestoredConversation {
  entries: TranscriptEntry[];
  /** The number of its last segment. */
  segment: number;
}

/**
 * One conversation with a model whose every step outlives the worker: money is reserved before a turn, and what
 * a turn has said and cost is recorded in one call.
 */
export class Conversation {
  readonly terms: ConversationTerms;
  readonly transcript: Transcript;
  readonly #context: WorkContext;
  readonly #model: Model;
  #segment: number;
  #unrecorded: TranscriptEntry[] = [];
  #settle: Settlement | undefined;
  #spentMicroUsd = 0;
  /** For the turn that is asked for next. */
  #reservedMicroUsd = 0;
  /** The answer to that turn, where it was in the cache. */
  #known: WholeAnswer | undefined;

  constructor(
    context: WorkContext,
    model: Model,
    terms: ConversationTerms,
    restored: RestoredConversation | undefined,
  ) {
    this.#context = context;
    this.#model = model;
    this.transcript = new Transcript(restored?.entries);
    this.terms = pinTerms(terms, this.transcript.head(), (tool) => this.#hash(JSON.stringify(tool)));
    this.#segment = restored?.segment ?? 0;
  }

  /** What the job's model calls have cost so far, as the control plane last said. */
  get spentMicroUsd(): number {
    return this.#spentMicroUsd;
  }

  /** Results that nothing has recorded yet. */
  get unrecordedResults(): readonly ResultEntry[] {
    return this.#unrecorded.filter((entry) => entry.kind === 'result');
  }

  add(...entries: TranscriptEntry[]): void {
    this.transcript.add(...entries);
    this.#unrecorded.push(...entries);
  }

  begin(prompt: string): void {
    const { model, system, tools = [], effort } = this.terms;
    this.add(
      {
        kind: 'head',
        model,
        tools: tools.map((tool) => {
          const { name, ...definition } = tool;
          return { name, sha256: this.#hash(JSON.stringify(tool)), definition };
        }),
        promptSha256: this.#hash(prompt),
        ...(system !== undefined && { system }),
        ...(effort !== undefined && { effort }),
      },
      userText(prompt),
    );
  }

  /** Asks for the next turn, and adds it to the transcript; it is recorded by the next `save`. */
  async ask(signal: AbortSignal, more: Pick<TurnRequest, 'workspace'> = {}): Promise<ModelTurn> {
    const { model, maxTokens, name: conversation } = this.terms;
    const request = this.#request();
    const turn = this.transcript.turns() + 1;
    const inputTokensMax = inputBound(request, this.transcript.entries);
    const reserve = { conversation, turn, model, inputTokensMax, maxTokens, ...this.#lookup(request) };
    await this.save(signal, { ...more, reserve });
    await this.#context.ports.passed?.('turn.reserved');
    if (this.#known) return this.#recall(fromWholeAnswer(this.#known), turn);
    const { answer, paidAs } = await this.#call(request, reserve, signal);
    await this.#context.ports.passed?.('turn.answered');
    const response = reserve.responseKey === undefined ? undefined : toWholeAnswer(answer);
    this.#owe(paidAs, answer.usage, response);
    this.#note(answer, paidAs);
    return answer;
  }

  /** Where the answer may come from the cache, or go there. */
  #lookup(request: ModelRequest): Pick<ReserveRequest, 'responseKey' | 'maxAgeHours'> {
    const { model, responseCache } = this.terms;
    if (!responseCache) return {};
    const { ports, provider, started } = this.#context;
    const credential = started.providers?.[model] ?? provider;
    const responseKey = responseKeyOf(request, credential, ports.sha256Hex);
    return { responseKey, maxAgeHours: responseCache.hours };
  }

  /** An answer that was given before. Nothing is owed for it. */
  async #recall(answer: ModelTurn, turn: number): Promise<ModelTurn> {
    const { events, ports } = this.#context;
    if (!this.terms.quiet) events.text(answer.text);
    await ports.passed?.('turn.answered');
    this.#note(answer, turn, true);
    return answer;
  }

  /** Settles, records and reserves in one call; in more where there is much to record. */
  async save(
    signal: AbortSignal,
    more: { workspace?: TurnRequest['workspace']; reserve?: ReserveRequest | undefined } = {},
  ): Promise<void> {
    const { workspace, reserve } = more;
    const [first = [], ...others] = chunksOf(this.#unrecorded);
    const last = others.pop();
    // Results that the workspace does not know of would be taken for done; the other way round, for unknown.
    await this.#turn(signal, first, { workspace, ...(!last && { reserve }) });
    for (const chunk of others) await this.#turn(signal, chunk, {});
    if (last) await this.#turn(signal, last, { reserve });
  }

  /** What a call has used that has not been settled yet, for `finish` to settle. */
  get unsettled(): Settlement | undefined {
    return this.#settle;
  }

  async #turn(
    signal: AbortSignal,
    entries: readonly TranscriptEntry[],
    { workspace, reserve }: Pick<TurnRequest, 'workspace' | 'reserve'>,
  ): Promise<void> {
    const { control, session } = this.#context;
    const settle = this.#settle;
    if (entries.length === 0 && !settle && !workspace && !reserve) return;
    const record = entries.length > 0 ? this.#segmentOf(entries) : undefined;
    const request: TurnRequest = {
      ...session,
      ...(settle && { settle }),
      ...(record && { record }),
      ...(workspace && { workspace }),
      ...(reserve && { reserve }),
    };
    try {
      const reply = await control.turn(request, signal);
      this.#spentMicroUsd = reply.spentMicroUsd;
      this.#reservedMicroUsd = reply.reservedMicroUsd;
      this.#known = reply.response;
    } catch (error) {
      // The rest of the call was done all the same.
      if (overBudget(error)) this.#commit(entries, settle);
      throw error;
    }
    this.#commit(entries, settle);
  }

  #commit(entries: readonly TranscriptEntry[], settled: Settlement | undefined): void {
    if (this.#settle === settled) this.#settle = undefined;
    if (entries.length === 0) return;
    this.#unrecorded = this.#unrecorded.slice(entries.length);
    this.#segment += 1;
    this.#context.events.say({ type: 'checkpoint', segment: this.#segment });
  }

  #segmentOf(entries: readonly TranscriptEntry[]) {
    const { name: conversation } = this.terms;
    const segment = this.#segment + 1;
    const document: TranscriptSegment = { v: 1, conversation, segment, entries: [...entries] };
    return { conversation, segment, body: JSON.stringify(document) };
  }

  #request(): ModelRequest {
    const { model, system, tools, maxTokens, effort, cache } = this.terms;
    return { model, system, messages: this.transcript.messages(), tools, maxTokens, effort, cache };
  }

  /** Turns only go up: one whose tries needed new money has the number that was paid last. */
  async #call(
    request: ModelRequest,
    reserve: ReserveRequest,
    signal: AbortSignal,
  ): Promise<{ answer: ModelTurn; paidAs: number }> {
    let { turn } = reserve;
    const renew = async (used: TokenUsage) => {
      this.#owe(turn, used);
      turn += 1;
      // The answer is on its way: the cache is not asked again.
      await this.#turn(signal, [], { reserve: { ...reserve, turn, maxAgeHours: undefined } });
      return this.#reservedMicroUsd;
    };
    const reserved = { microUsd: this.#reservedMicroUsd, renew };
    try {
      const options = watchAnswer(this.#context, signal, { quiet: this.terms.quiet, reserved });
      return { answer: await this.#model.turn(request, options), paidAs: turn };
    } catch (error) {
      if (error instanceof ModelError && error.usage) this.#owe(turn, error.usage);
      throw error;
    }
  }

  #note(answer: ModelTurn, turn: number, cached?: true): void {
    const { stopReason, usage, model, offline, requestId, content } = answer;
    const { events, ports } = this.#context;
    const costMicroUsd = priceOf(this.terms.model, usage);
    const source = cached && { cached };
    this.add(
      { kind: 'message', message: { role: 'assistant', content } },
      {
        kind: 'usage',
        turn,
        stopReason,
        usage,
        costMicroUsd,
        model,
        offline,
        ...(requestId !== undefined && { requestId }),
        ...source,
      },
    );
    const totalMicroUsd = this.#spentMicroUsd + costMicroUsd;
    events.say({ type: 'turn', turn, stopReason, costMicroUsd, ...source, totalMicroUsd });
    ports.log('info', 'the model answered', { model, stopReason, turn, requestId, ...source });
  }

  #hash(text: string): string {
    return this.#context.ports.sha256Hex(toUtf8(text));
  }

  #owe(turn: number, usage: Settlement['usage'], response?: WholeAnswer): void {
    const { name: conversation, model } = this.terms;
    this.#settle = { conversation, turn, model, usage, ...(response && { response }) };
  }
}
