/** Lets one through at a time, in the order of their coming. */
export class Turnstile {
  #last: Promise<unknown> = Promise.resolve();

  pass<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(task, task);
    // The next one comes in whatever became of this one, and its owner hears of a failure.
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
