import { EventEmitter } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import dynalite from 'dynalite';
import { Level } from 'level';

export type Json = Record<string, unknown>;
/** Attribute values as the wire has them: `{"id": {"S": "job-1"}}`. */
export type Item = Record<string, unknown>;

export interface DatabaseResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const activeWithinMs = 5000;

const closing: DatabaseResponse = {
  status: 500,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: JSON.stringify({
    __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError',
    message: 'the local cloud is closing',
  }),
};

/** In a database's folder while nobody has it open. One that was killed left none. */
const closedMark = 'CLOSED';

/** dynalite without a socket: it would end the process when a client went away in the middle of a body. */
export class Database {
  readonly #path: string | undefined;
  readonly #server: ReturnType<typeof dynalite>;
  readonly #open = new Set<Promise<DatabaseResponse>>();
  #isClosing = false;

  /**
   * Opens the folder; without one everything is in memory. dynalite writes an item's index entries before the item,
   * and each for itself: a kill in between loses a row to its indexes for ever. So what was not closed gets them anew.
   */
  static async open(path?: string): Promise<Database> {
    const isWhole = path === undefined || takeMark(path);
    if (!isWhole) await dropIndexes(path);
    const database = new Database(path);
    if (!isWhole) await database.#refillIndexes();
    return database;
  }

  private constructor(path?: string) {
    this.#path = path;
    this.#server = dynalite({ path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  }

  send(operation: string, body: string): Promise<DatabaseResponse> {
    if (this.#isClosing) return Promise.resolve(closing);
    const sent = this.#send(operation, body);
    this.#open.add(sent);
    void sent.then(() => this.#open.delete(sent));
    return sent;
  }

  #send(operation: string, body: string): Promise<DatabaseResponse> {
    return new Promise((resolve) => {
      const request = makeRequest(operation);
      this.#server.emit('request', request, makeResponse(resolve));
      request.emit('data', Buffer.from(body));
      request.emit('end');
    });
  }

  /** A call that the local cloud makes itself, and that must not fail. */
  async call(operation: string, input: Json): Promise<Json> {
    const { status, body } = await this.send(operation, JSON.stringify(input));
    if (status !== 200) throw new Error(`${operation} failed: ${body}`);
    return JSON.parse(body) as Json;
  }

  /** Undefined where there is no such table. */
  async describe(TableName: string): Promise<Json | undefined> {
    const { status, body } = await this.send('DescribeTable', JSON.stringify({ TableName }));
    return status === 200 ? ((JSON.parse(body) as Json).Table as Json) : undefined;
  }

  /** dynalite opens a new table on a later tick, even when told to take no time. */
  async createTable(definition: Json): Promise<void> {
    await this.call('CreateTable', definition);
    await this.untilActive(String(definition.TableName));
  }

  async untilActive(TableName: string): Promise<void> {
    const until = Date.now() + activeWithinMs;
    while ((await this.describe(TableName))?.TableStatus !== 'ACTIVE') {
      if (Date.now() > until) throw new Error(`Table ${TableName} does not open: remove the data folder`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async *scan(input: Json): AsyncGenerator<Item> {
    let ExclusiveStartKey: unknown;
    do {
      const page = await this.call('Scan', { ...input, ExclusiveStartKey });
      yield* page.Items as Item[];
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
  }

  async close(): Promise<void> {
    // A query that finds its files closed ends the process: whoever is still asking gets an answer first.
    this.#isClosing = true;
    await Promise.all(this.#open);
    await this.#stop();
    if (this.#path !== undefined) writeFileSync(join(this.#path, closedMark), '');
  }

  /** Whoever writes an item as it is writes its index entries. */
  async #refillIndexes(): Promise<void> {
    const { TableNames } = await this.call('ListTables', {});
    for (const TableName of TableNames as string[]) {
      await this.untilActive(TableName);
      for await (const Item of this.scan({ TableName })) await this.call('PutItem', { TableName, Item });
    }
  }

  #stop(): Promise<void> {
    // dynalite closes its files only after a listening server has stopped, so it listens for that instant.
    return new Promise((resolve, reject) => {
      this.#server.listen(0, '127.0.0.1', () =>
        this.#server.close((error) => (error ? reject(error) : resolve())),
      );
    });
  }
}

/** Whether the folder was closed in order; from now on it is open. */
function takeMark(path: string): boolean {
  try {
    rmSync(join(path, closedMark));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** dynalite keeps each kind of entry below a prefix of its own. */
async function dropIndexes(path: string): Promise<void> {
  const level = new Level(path);
  await level.clear({ gte: 'index-', lt: 'index.' });
  await level.close();
}

function makeRequest(operation: string): EventEmitter {
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `DynamoDB_20120810.${operation}`,
    // The signature was verified before; dynalite only looks at whether there is one.
    authorization: 'AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host, Signature=verified',
    'x-amz-date': '20260101T000000Z',
  };
  return Object.assign(new EventEmitter(), { method: 'POST', url: '/', headers });
}

function makeResponse(resolve: (response: DatabaseResponse) => void): object {
  const response: DatabaseResponse = { status: 200, headers: {}, body: '' };
  return {
    set statusCode(status: number) {
      response.status = status;
    },
    setHeader: (name: string, value: string | number) => {
      response.headers[name.toLowerCase()] = String(value);
    },
    end: (body = '') => resolve({ ...response, body }),
  };
}
