/** One local cloud per data folder. Throws with the other's pid; takes over the lock of a dead one. */
export function acquireDataLock(_dir: string): () => void {
  throw new Error('not yet');
}
