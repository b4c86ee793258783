import type { ProviderCredential } from '#contracts/provider-keys.ts';
import { canonicalJson } from '../jobs/canonical-json.ts';
import { requirePrice } from '../money/price.ts';
import type { ModelRequest } from '../ports/model.ts';
import { toUtf8 } from './utf8.ts';

/** Goes up with every change to what is sent for the same request: what was kept before is not found any more. */
const version = 1;

/**
 * Names the exact request: equal ones have equal keys, and any difference makes another. Part of it is the server that
 * answers, so that what a stand-in said (the offline model, a gateway, a machine of your own) is that stand-in's alone.
 */
export function responseKeyOf(
  { model, system, messages, tools = [], maxTokens, effort }: ModelRequest,
  credential: ProviderCredential | undefined,
  sha256Hex: (bytes: Uint8Array) => string,
): string {
  const { provider, apiModel, server, baseUrl } = requirePrice(model);
  const at = { provider, apiModel, server, baseUrl: credential?.baseUrl ?? baseUrl };
  const request = { model, system, messages, tools, maxTokens, effort };
  return sha256Hex(toUtf8(canonicalJson({ version, at, request })));
}
