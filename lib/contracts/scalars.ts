import * as z from 'zod';

/** A time, or a span of time, as rows keep it: whole milliseconds, times since 1970. */
export const ms = z.number().int().nonnegative();

/** A time as the API says it: ISO 8601, UTC. */
export const time = z.iso.datetime();

/** A SHA-256, or 32 random bytes. */
export const hex64 = z.string().regex(/^[0-9a-f]{64}$/);

/** A SHA-256 that people write. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits, lower case');

/** Where an object lies in the bucket, and what it must hold. */
export const storedObject = z.strictObject({ key: z.string(), sha256: hex64 });
