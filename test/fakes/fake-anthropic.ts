import type { IncomingMessage } from 'node:http';
import { createOfflineModel } from '../../lib/local/offline-model/offline-model.ts';
import type { ScriptSource } from '../../lib/local/offline-model/script.ts';
import { type FakeAnswer, type FakeProvider, sendJson, startFakeServer } from './fake-provider.ts';

type Rule = ScriptSource['rules'][number];
type Block = NonNullable<Rule['answer']>['blocks'][number];

/** How a request opens the server: with a key, or signed for a service of AWS. */
export type Entrance = 'key' | 'aws-external-anthropic' | 'bedrock-mantle';

/** The Messages API as Anthropic, Claude Platform on AWS and Bedrock serve it: the offline model, with its checks. */
export async function startFakeAnthropic(
  answers: readonly FakeAnswer[],
  entrance: Entrance = 'key',
): Promise<FakeProvider> {
  const model = createOfflineModel({ script: toScript(answers), deltaMs: 0 });
  const requests: Record<string, unknown>[] = [];
  const { url, close } = await startFakeServer(async (req, res, body) => {
    const sent = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    requests.push(sent);
    if (entrance === 'key') return model(req, res, body);
    if (!isSigned(req, entrance)) return sendJson(res, 403, { message: 'Missing Authentication Token' });
    req.headers.authorization = 'Bearer signed';
    // Bedrock's names of models have a prefix.
    const known = { ...sent, model: String(sent.model).replace(/^anthropic\./, '') };
    return model(req, res, Buffer.from(JSON.stringify(known)));
  });
  return { url, requests, close };
}

function isSigned(req: IncomingMessage, service: string): boolean {
  const authorization = req.headers.authorization ?? '';
  const isWhole = new RegExp(`^AWS4-HMAC-SHA256 Credential=AKIA\\w+/\\d{8}/eu-central-1/${service}/`).test(
    authorization,
  );
  const hasWorkspace =
    service !== 'aws-external-anthropic' || req.headers['anthropic-workspace-id'] === 'wrkspc_1';
  return isWhole && hasWorkspace && req.headers['x-amz-security-token'] !== undefined;
}

function toScript(answers: readonly FakeAnswer[]): ScriptSource {
  const rules = answers.map((answer, index) => toRule(answer, index === answers.length - 1, index));
  return { rules: [...rules, { name: 'end', answer: { blocks: [{ type: 'text', text: 'The end.' }] } }] };
}

function toRule(answer: FakeAnswer, isLast: boolean, index: number): Rule {
  const common = { name: `answer ${index}`, ...(!isLast && { times: 1 }) };
  switch (answer.kind) {
    case 'say': {
      const stopReason = answer.stop === 'refusal' ? { stopReason: 'refusal' as const } : {};
      return { ...common, answer: { blocks: toBlocks(answer), ...stopReason } };
    }
    case 'status': {
      const { status, code, message, retryAfterSeconds } = answer;
      const more = {
        ...(code !== undefined && { errorCode: code }),
        ...(message !== undefined && { message }),
        ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      };
      return { ...common, fault: { kind: 'status', status, type: typeOf(status), ...more } };
    }
    case 'break': {
      const { how, text } = answer;
      const fault =
        how === 'error'
          ? { kind: 'streamError' as const, afterDeltas: 1, type: 'overloaded_error' }
          : { kind: how, afterDeltas: 1 };
      return { ...common, answer: { blocks: [{ type: 'text', text }] }, fault };
    }
    default:
      return answer satisfies never;
  }
}

/** With thinking before the calls: its signature binds everything that was said before. */
function toBlocks({ text, calls = [] }: Extract<FakeAnswer, { kind: 'say' }>): Block[] {
  const thinking: Block[] = calls.length > 0 ? [{ type: 'thinking', text: 'I look it up.' }] : [];
  const words: Block[] = text === undefined ? [] : [{ type: 'text', text }];
  return [...thinking, ...words, ...calls.map(({ name, json }) => toCall(name, json))];
}

function toCall(name: string, json: string): Block {
  try {
    return { type: 'tool_use', name, input: JSON.parse(json) as Record<string, unknown> };
  } catch {
    return { type: 'malformed_tool_use', name, json };
  }
}

function typeOf(status: number): string {
  const types: Record<number, string> = {
    401: 'authentication_error',
    429: 'rate_limit_error',
    529: 'overloaded_error',
  };
  return types[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
}
