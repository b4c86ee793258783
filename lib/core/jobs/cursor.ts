import { AppError } from '#contracts/errors.ts';
import type { Digest } from '#core/ports/system.ts';

/**
 * Cursors are opaque and belong to one question: a short digest ties the position to the filters and the
 * caller, so that a cursor of another list is refused instead of skipping or repeating rows in silence. It is
 * a check against mistakes, not a secret: access is decided on the rows.
 */
export function sealCursor(digest: Digest, purpose: string, position: string): string {
  return toBase64Url(`${mark(digest, purpose, position)}.${position}`);
}

export function openCursor(digest: Digest, purpose: string, cursor: string): string {
  const text = fromBase64Url(cursor);
  const dot = text?.indexOf('.') ?? -1;
  const position = text?.slice(dot + 1) ?? '';
  if (text && dot > 0 && text.slice(0, dot) === mark(digest, purpose, position)) return position;
  throw new AppError('invalid_cursor', 'this cursor does not belong to this list', {
    remedy:
      'use the cursor of the previous page unchanged and with the same filters, or leave it out to start over',
  });
}

function mark(digest: Digest, purpose: string, position: string): string {
  return digest.sha256(`cursor\n${purpose}\n${position}`).slice(0, 12);
}

function toBase64Url(text: string): string {
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function fromBase64Url(text: string): string | undefined {
  try {
    return atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    // Not base64, so not a cursor of ours: the caller says so.
    return undefined;
  }
}
