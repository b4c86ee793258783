import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { offlineHeader } from '#contracts/provider-keys.ts';
import { toWire } from './answer-block.ts';
import { ApiFault, toErrorBody } from './api-fault.ts';
import { checkRequest } from './check-request.ts';
import { makeRuleChooser, readCaptures } from './choose-rule.ts';
import { composeMessage } from './compose-message.ts';
import { countTokens, PrefixCache } from './prefix-cache.ts';
import { partsOf } from './request-parts.ts';
import type { MessagesRequest } from './request-schema.ts';
import {
  parseScript,
  parseTaskScript,
  type ScriptedFault,
  type ScriptSource,
  type TaskScriptSource,
} from './script.ts';
import { readSituation } from './situation.ts';
import { streamMessage } from './stream-message.ts';

export const apiVersion = '2026-10-21';

export interface OfflineModelOptions {
  /** What is said where no script of a task speaks. */
  script: ScriptSource;
  /** For tasks that name them, or that they know. The first that fits speaks. */
  taskScripts?: readonly TaskScriptSource[];
  /** Milliseconds between two pieces of a streamed answer; default 10. */
  deltaMs?: number;
  /** Milliseconds since 1970, for the prompt cache; default `Date.now`. */
  nowMs?: () => number;
}

export type OfflineModel = (req: IncomingMessage, res: ServerResponse, body: Buffer) => Promise<void>;

/**
 * A server of the Messages API whose words were written beforehand, in a script. It checks requests, streams
 * and counts as the real one does, and says in a header of every answer that it is not the real one.
 *
 * @throws ZodError for a script that is not one
 */
export function createOfflineModel(options: OfflineModelOptions): OfflineModel {
  const choose = makeRuleChooser(
    parseScript(options.script),
    (options.taskScripts ?? []).map(parseTaskScript),
  );
  const cache = new PrefixCache(options.nowMs ?? Date.now);
  const deltaMs = options.deltaMs ?? 10;
  const paused = new Set<string>();
  const isPaused = (content: unknown) => paused.has(JSON.stringify(content));
  const pace = async () => void (deltaMs > 0 && (await wait(deltaMs)));

  async function answer(
    req: IncomingMessage,
    res: ServerResponse,
    body: Buffer,
    requestId: string,
  ): Promise<void> {
    const key = requireKey(req);
    const isCount = requireRoute(req) === 'count_tokens';
    requireVersion(req);
    const request = checkRequest(body, { isPaused, isCount });
    if (isCount) return sendJson(res, 200, { input_tokens: countPrompt(request) }, requestId, {});
    const situation = readSituation(request);
    const rule = choose(situation);
    if (rule.fault?.kind === 'status') throw toFault(rule.fault);
    const usage = cache.use(scopeOf(key, request), request.model, partsOf(request));
    const scripted = rule.answer ?? { blocks: [{ type: 'text' as const, text: filler }] };
    const captures = readCaptures(rule, situation);
    const message = composeMessage({ answer: scripted, request, situation, captures, usage, newId });
    const content = message.content.map(toWire);
    if (message.stop_reason === 'pause_turn') paused.add(JSON.stringify(content));
    if (!request.stream && rule.fault) return breakOff(res, rule.fault);
    if (!request.stream) return sendJson(res, 200, { ...message, content }, requestId, {});
    res.writeHead(200, {
      ...headers(requestId),
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
    });
    await streamMessage(res, message, { fault: rule.fault, requestId, pace });
  }

  return async (req, res, body) => {
    const requestId = newId('req_offline_');
    try {
      await answer(req, res, body, requestId);
    } catch (error) {
      if (!(error instanceof ApiFault)) throw error;
      const retry = error.retryAfterSeconds;
      const extra: Record<string, string> = retry === undefined ? {} : { 'retry-after': String(retry) };
      sendJson(res, error.status, toErrorBody(error, requestId), requestId, extra);
    }
  };
}

/** What a fault without an answer of its own interrupts. */
const filler = 'This was written beforehand and is about to be interrupted by the script.';

function requireKey(req: IncomingMessage): string {
  const bearer = /^Bearer (\S+)$/.exec(req.headers.authorization ?? '')?.[1];
  const key = bearer ?? req.headers['x-api-key'];
  if (typeof key === 'string' && key !== '') return key;
  throw new ApiFault(401, 'authentication_error', 'Authorization header with a Bearer token is required');
}

function requireRoute(req: IncomingMessage): 'messages' | 'count_tokens' {
  const path = (req.url ?? '/').split('?')[0] ?? '/';
  const route = /^(?:\/offline-model)?\/v1\/messages(\/count_tokens)?$/.exec(path);
  if (req.method === 'POST' && route) return route[1] ? 'count_tokens' : 'messages';
  throw new ApiFault(
    404,
    'not_found_error',
    `The offline model serves POST /v1/messages only (and its count_tokens), not ${req.method} ${path}`,
  );
}

function countPrompt(request: MessagesRequest): number {
  return partsOf(request).reduce((sum, { text }) => sum + countTokens(text), 0);
}

function requireVersion(req: IncomingMessage): void {
  const version = req.headers['anthropic-version'];
  if (version === apiVersion) return;
  const fault = version === undefined ? 'header is required' : `"${version}" is not a version known here`;
  throw new ApiFault(400, 'invalid_request_error', `anthropic-version: ${fault}; send ${apiVersion}`);
}

/** What a cached prefix is bound to besides its own text. */
function scopeOf(key: string, request: MessagesRequest): string {
  const { model, thinking, tool_choice, output_config } = request;
  const workspace = createHash('sha256').update(key).digest('hex');
  return JSON.stringify({ workspace, model, thinking, tool_choice, effort: output_config?.effort });
}

function toFault(fault: Extract<ScriptedFault, { kind: 'status' }>): ApiFault {
  const { errorCode, retryAfterSeconds } = fault;
  return new ApiFault(fault.status, fault.type, fault.message, { errorCode, retryAfterSeconds });
}

/** Without a stream there is no middle: the answer as a whole does not come. */
function breakOff(res: ServerResponse, fault: ScriptedFault): void {
  if (fault.kind === 'streamError') throw new ApiFault(529, fault.type, 'Scripted');
  if (fault.kind === 'cut') res.destroy();
}

function newId(prefix: string): string {
  return prefix + randomBytes(12).toString('hex');
}

function headers(requestId: string): Record<string, string> {
  return { 'request-id': requestId, [offlineHeader]: 'true' };
}

function sendJson(
  res: ServerResponse,
  status: number,
  body: unknown,
  requestId: string,
  extra: Record<string, string>,
): void {
  res.writeHead(status, { ...headers(requestId), ...extra, 'content-type': 'application/json' });
  res.end(JSON.stringify(body));
}
