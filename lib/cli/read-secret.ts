import { text as readAll } from 'node:stream/consumers';
import { AppError } from '#contracts/errors.ts';
import { Exit, interruptedExitCode } from './report-error.ts';

const enter = ['\r', '\n'];
const interrupt = '\u0003';
const endOfInput = '\u0004';
const erase = ['\u007f', '\b'];

/** From a pipe all of stdin; on a terminal typed without being shown. Never from the command line: others see that. */
export async function readSecret(prompt: string): Promise<string> {
  const secret = await readOptionalSecret(prompt);
  if (secret === undefined) throw new AppError('invalid_request', 'no key was given; nothing is changed');
  return secret;
}

/** The same, where there may be none: undefined for an empty answer. */
export async function readOptionalSecret(prompt: string): Promise<string | undefined> {
  const { stdin } = process;
  const secret = (stdin.isTTY ? await typeHidden(prompt) : await readAll(stdin)).trim();
  if (secret === '') return undefined;
  if (/\s/.test(secret)) throw new AppError('invalid_request', 'a key has no spaces or line breaks in it');
  return secret;
}

async function typeHidden(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(prompt);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  try {
    let typed = '';
    for await (const chunk of stdin) {
      for (const key of String(chunk)) {
        if (enter.includes(key) || key === endOfInput) return typed;
        if (key === interrupt) throw new Exit(interruptedExitCode);
        typed = erase.includes(key) ? typed.slice(0, -1) : typed + key;
      }
    }
    return typed;
  } finally {
    stdin.setRawMode(false);
    stderr.write('\n');
  }
}
