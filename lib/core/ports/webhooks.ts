import type { WebhookKeysRow, WebhookRow, WebhookStatus, WebhookUrlRow } from '#contracts/webhook.ts';
import type { ListedKey, ListQuery } from './job-store.ts';
import type { Rows } from './run-store.ts';

export interface UrlKey {
  project: string;
  urlSha256: string;
}

/** What is to be told to receivers, and what is known of them. */
export interface WebhookStore {
  webhooks: Rows<WebhookRow, string>;
  /** By project. */
  keys: Rows<WebhookKeysRow, string>;
  urls: Rows<WebhookUrlRow, UrlKey>;
  /** Ids of a project's webhooks in one state, the newest first; lags behind by what an index lags. */
  listed(query: ListQuery & { status: WebhookStatus }): Promise<ListedKey[]>;
}

/** What all signing secrets are derived from. */
export interface WebhookMaster {
  read(): Promise<string>;
}

export interface Posting {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/**
 * The way out to receivers.
 *
 * Throws `invalid_request` for an address of the wrong form, `forbidden` for one that leads to a private place,
 * `unavailable` where nobody answers in time. Redirects are answers like any other.
 */
export interface Receivers {
  post(posting: Posting): Promise<{ status: number }>;
}
