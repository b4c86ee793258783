import { createInterface } from 'node:readline/promises';

export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Asks on stderr, so that stdout stays the answer's. Only the whole word counts; Ctrl-C and Ctrl-D are a no. */
export async function askYes(question: string): Promise<boolean> {
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const gone = new AbortController();
  asking.once('SIGINT', () => gone.abort());
  asking.once('close', () => gone.abort());
  try {
    return (await asking.question(question, { signal: gone.signal })).trim().toLowerCase() === 'yes';
  } catch (error) {
    if (gone.signal.aborted) return false;
    throw error;
  } finally {
    asking.close();
  }
}
