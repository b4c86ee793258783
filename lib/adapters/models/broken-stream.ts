/** A stream that ended before its end, or held what cannot be read. What caused it may come from any library. */
export class BrokenStream extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : 'it ended before its end', { cause });
    this.name = 'BrokenStream';
  }
}

/**
 * The same events; what fails on the way is told from what fails in us. The SDKs let the transport's own errors
 * through, so that a class alone would not tell.
 *
 * @param isOwn errors that the SDK throws on purpose, and which say more
 */
export async function* guardStream<T>(
  events: AsyncIterable<T>,
  isOwn: (error: unknown) => boolean,
): AsyncGenerator<T> {
  try {
    yield* events;
  } catch (cause) {
    throw isOwn(cause) ? cause : new BrokenStream(cause);
  }
}
