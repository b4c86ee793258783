import OpenAI from 'openai';
import type { ModelEntry } from '#contracts/model-entry.ts';
import type { KeyCredential } from '#contracts/provider-keys.ts';
import type { Fetch } from './watched-fetch.ts';

export interface OpenAiOptions {
  credential: KeyCredential;
  entry: ModelEntry;
}

const usualUrls: Readonly<Record<KeyCredential['name'], string>> = {
  openai: 'https://api.openai.com/v1',
  google: 'https://generativelanguage.googleapis.com/v1beta/openai/',
  // Of a server that names no address: a laptop's Ollama.
  'self-hosted': 'http://localhost:11434/v1',
  anthropic: 'https://api.anthropic.com/v1',
};

export function makeOpenAiClient({ credential, entry }: OpenAiOptions, fetch: Fetch): OpenAI {
  return new OpenAI({
    // Some servers insist on a key and look at none.
    apiKey: credential.apiKey ?? 'none',
    // What follows is named always: left out, the SDK would look for it in the environment.
    baseURL: credential.baseUrl ?? entry.baseUrl ?? usualUrls[credential.name],
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    fetch: unwrapErrors(fetch),
    maxRetries: 0,
    logLevel: 'off',
  });
}

/** Google puts an error into an array, of which the SDK would make an error that says nothing. */
function unwrapErrors(fetch: Fetch): Fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (response.ok) return response;
    const text = await response.text();
    const { status, statusText, headers } = response;
    return new Response(unwrapped(text), { status, statusText, headers });
  };
}

function unwrapped(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    return Array.isArray(body) ? JSON.stringify(body[0]) : text;
  } catch {
    // No JSON: a proxy's page, say. The SDK takes it for the message.
    return text;
  }
}
