import { EventEmitter } from 'node:events';
import { expect, jest, test } from '@jest/globals';
import { onReaderGone } from '../../lib/cli/reader-gone.ts';

function outletWith(error: Error) {
  const stdout = new EventEmitter();
  const outlet = { streams: [stdout], end: jest.fn(), fail: jest.fn() };
  onReaderGone(outlet);
  stdout.emit('error', error);
  return outlet;
}

test('a reader that has gone ends a command without a fault', () => {
  const { end, fail } = outletWith(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  expect(end).toHaveBeenCalledTimes(1);
  expect(fail).not.toHaveBeenCalled();
});

test('a full disk behind stdout is a fault with its reason', () => {
  const { end, fail } = outletWith(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }));
  const message = 'the answer could not be written: ENOSPC: no space left';
  expect(fail).toHaveBeenCalledWith(expect.objectContaining({ code: 'internal', message }));
  expect(end).not.toHaveBeenCalled();
});
