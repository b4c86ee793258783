/** Asks the one function that does this kind of work to do it now. A hint: what is due is found again. */
export interface Courier {
  send(ids: readonly string[]): Promise<void>;
}
