import type { IncomingMessage } from 'node:http';
import { createOfflineModel } from '../../lib/local/offline-model/offline-model.ts';
import { parseScript, type ScriptSource } from '../../lib/local/offline-model/script.ts';
import { readClaim, verifySignature } from '../../lib/local/sigv4.ts';
import type { AssumedRole } from '../../lib/local/sts.ts';
import { sendJson, startFakeServer } from './fake-provider.ts';

export interface FakeClaudeOnAws {
  url: string;
  /** By which keys, for which service and workspace, in order. */
  calls: { accessKeyId: string; service: string; workspace: string | undefined }[];
  close(): Promise<void>;
}

/** In a prompt: the server refuses, and says the token that it got. */
export const tellTale = 'Tell me my token.';

/**
 * Bedrock and Claude Platform on AWS: the Messages API behind signatures that are verified, by the role's secret
 * key, with the token that belongs to it.
 */
export async function startFakeClaudeOnAws(
  script: ScriptSource,
  find: (accessKeyId: string) => AssumedRole | undefined,
): Promise<FakeClaudeOnAws> {
  const model = createOfflineModel({ script: parseScript(script), deltaMs: 0 });
  const calls: FakeClaudeOnAws['calls'] = [];
  const server = await startFakeServer(async (req, res, body) => {
    const headers = headersOf(req);
    const [rawPath = '', rawQuery = ''] = (req.url ?? '').split('?');
    const parts = { method: req.method ?? '', rawPath, rawQuery, headers, body };
    const token = headers['x-amz-security-token'];
    try {
      const claim = readClaim(parts);
      const principals = (id: string) => {
        const role = find(id);
        return role?.sessionToken === token && role ? { ...role, label: 'model' } : undefined;
      };
      await verifySignature(claim, parts, { principals, nowMs: Date.now() });
      const { accessKeyId, service } = claim;
      calls.push({ accessKeyId, service, workspace: headers['anthropic-workspace-id'] });
    } catch (error) {
      return sendJson(res, 403, { message: String(error) });
    }
    if (body.includes(tellTale)) {
      const message = `refused: token ${token} of ${find(calls.at(-1)?.accessKeyId ?? '')?.secretAccessKey}`;
      return sendJson(res, 400, { type: 'error', error: { type: 'invalid_request_error', message } });
    }
    req.headers.authorization = 'Bearer signed';
    req.url = req.url?.replace(/^\/anthropic\//, '/') ?? '';
    const sent = JSON.parse(body.toString('utf8')) as { model: string };
    // Bedrock's addresses and names of models have a prefix.
    const known = { ...sent, model: sent.model.replace(/^anthropic\./, '') };
    return model(req, res, Buffer.from(JSON.stringify(known)));
  });
  return { ...server, calls };
}

function headersOf(req: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(req.headers).map(([name, value]) => [name, String(value)]));
}
