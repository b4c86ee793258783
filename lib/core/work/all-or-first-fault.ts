/** Everybody is waited for, so that what every call has used is known. */
export async function allOrFirstFault<T>(promises: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
