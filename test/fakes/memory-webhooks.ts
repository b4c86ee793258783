import type { WebhookKeysRow, WebhookRow, WebhookStatus, WebhookUrlRow } from '#contracts/webhook.ts';
import type { ListedKey, ListQuery } from '#core/ports/job-store.ts';
import type { Rows } from '#core/ports/run-store.ts';
import type { Posting, Receivers, UrlKey, WebhookStore } from '#core/ports/webhooks.ts';
import { webhookIndexes, webhookShard } from '#core/webhooks/webhook-indexes.ts';

/** Rows of one kind, with the conditions of the table. */
class MemoryRows<Row extends { version: number }, Key> implements Rows<Row, Key> {
  readonly all = new Map<string, Row>();
  readonly #nameOf: (key: Key | Row) => string;

  constructor(nameOf: (key: Key | Row) => string) {
    this.#nameOf = nameOf;
  }

  async get(key: Key): Promise<Row | undefined> {
    return this.all.get(this.#nameOf(key));
  }

  async create(row: Row): Promise<boolean> {
    if (this.all.has(this.#nameOf(row))) return false;
    this.all.set(this.#nameOf(row), structuredClone(row));
    return true;
  }

  async replace(row: Row): Promise<boolean> {
    if (this.all.get(this.#nameOf(row))?.version !== row.version - 1) return false;
    this.all.set(this.#nameOf(row), structuredClone(row));
    return true;
  }
}

export class MemoryWebhooks implements WebhookStore {
  readonly webhooks = new MemoryRows<WebhookRow, string>((key) => (typeof key === 'string' ? key : key.id));
  readonly keys = new MemoryRows<WebhookKeysRow, string>((key) =>
    typeof key === 'string' ? key : key.project,
  );
  readonly urls = new MemoryRows<WebhookUrlRow, UrlKey>(
    ({ project, urlSha256 }) => `${project} ${urlSha256}`,
  );

  async listed({
    project,
    status,
    beforeKey,
    limit,
  }: ListQuery & { status: WebhookStatus }): Promise<ListedKey[]> {
    const keys = [...this.webhooks.all.values()]
      .map((row) => ({ id: row.id, ...webhookIndexes(row) }))
      .filter(({ listShard }) => listShard === webhookShard(project, status))
      .filter(({ listKey }) => beforeKey === undefined || listKey < beforeKey)
      .map(({ id, listKey: key }) => ({ id, key }));
    return keys.sort((a, b) => (a.key < b.key ? 1 : -1)).slice(0, limit);
  }

  /** What the `due` index would find. */
  due(nowMs: number): string[] {
    return [...this.webhooks.all.values()]
      .filter((row) => (webhookIndexes(row).dueAtMs ?? Number.POSITIVE_INFINITY) <= nowMs)
      .map(({ id }) => id);
  }
}

/** Receivers that answer what a test says, and keep what they got. */
export class RecordingReceivers implements Receivers {
  readonly postings: Posting[] = [];
  answer: (posting: Posting, count: number) => number | Error = () => 204;

  async post(posting: Posting): Promise<{ status: number }> {
    this.postings.push(posting);
    const answer = this.answer(posting, this.postings.length);
    if (answer instanceof Error) throw answer;
    return { status: answer };
  }
}
