type Close = () => unknown;

/** What ends with the cloud: the last that began ends first. */
export interface Closers {
  add(close: Close): void;
  /** Ends everything, even if something fails to; a second call finds nothing left. */
  closeAll(): Promise<void>;
}

export function makeClosers(): Closers {
  const closers: Close[] = [];
  return {
    add: (close) => void closers.unshift(close),
    async closeAll() {
      const failures: unknown[] = [];
      for (const close of closers.splice(0)) {
        try {
          await close();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw new AggregateError(failures, 'The local cloud did not close cleanly');
    },
  };
}
