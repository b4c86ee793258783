import { EventEmitter } from 'node:events';
import dynalite from 'dynalite';

export interface DatabaseResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** dynalite without a socket: it would end the process when a client went away in the middle of a body. */
export interface Database {
  send(operation: string, body: string): Promise<DatabaseResponse>;
  close(): Promise<void>;
}

export function openDatabase(path: string | undefined): Database {
  const server = dynalite({ path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  return {
    send: (operation, body) =>
      new Promise((resolve) => {
        const request = makeRequest(operation);
        server.emit('request', request, makeResponse(resolve));
        request.emit('data', Buffer.from(body));
        request.emit('end');
      }),
    close: () =>
      new Promise((resolve, reject) => {
        // dynalite closes its files only after a listening server has stopped, so it listens for that instant.
        server.listen(0, '127.0.0.1', () => server.close((error) => (error ? reject(error) : resolve())));
      }),
  };
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
