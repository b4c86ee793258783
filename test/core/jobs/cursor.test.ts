import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AppError } from '#contracts/errors.ts';
import { openCursor, sealCursor } from '#core/jobs/cursor.ts';
import { systemDigest } from '../../../lib/adapters/system.ts';

const open = (purpose: string, cursor: string) => openCursor(systemDigest, purpose, cursor);
const seal = (purpose: string, position: string) => sealCursor(systemDigest, purpose, position);
const ascii = fc.string({ unit: 'grapheme-ascii', minLength: 1 });

describe('a cursor', () => {
  it('gives back its position to the list that it came from', () => {
    fc.assert(
      fc.property(ascii, ascii, (purpose, position) => {
        expect(open(purpose, seal(purpose, position))).toBe(position);
      }),
    );
  });

  it('is a word that needs no escaping in an address', () => {
    fc.assert(
      fc.property(ascii, (position) => {
        expect(seal('jobs', position)).toMatch(/^[A-Za-z0-9_-]+$/);
      }),
    );
  });

  it('of another list is refused', () => {
    expect(() => open('jobs {"status":"FAILED"}', seal('jobs {}', '017#job-1'))).toThrow(AppError);
  });

  it('that somebody has changed is refused', () => {
    fc.assert(
      fc.property(ascii, fc.nat(), fc.constantFrom('A', 'b', '7', '_'), (position, at, letter) => {
        const cursor = seal('jobs', position);
        const place = at % cursor.length;
        const changed = `${cursor.slice(0, place)}${letter}${cursor.slice(place + 1)}`;
        let opened: string | undefined;
        try {
          opened = open('jobs', changed);
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid_cursor' });
        }
        // The last letter of base64 has bits that mean nothing: then it is the same cursor still.
        expect([undefined, position]).toContain(opened);
      }),
    );
  });

  it.each(['', '!', 'a', 'bm90aGluZw', 'x'.repeat(900)])('that is none (%p) is refused', (text) => {
    expect(() => open('jobs', text)).toThrow('this cursor does not belong to this list');
  });
});
