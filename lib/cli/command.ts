import type { Command } from 'commander';
import { type Context, type GlobalOptions, makeContext } from './context.ts';
import { reportError } from './report-error.ts';

/** A command's work: arguments and options as commander read them. Returns an exit code, or nothing for 0. */
export type Work<A extends unknown[], O> = (
  context: Context,
  options: O & GlobalOptions,
  ...args: A
) => Promise<number | undefined>;

/** Gives a command its work, with one way to find the API, to say things and to fail. */
export function works<A extends unknown[], O>(command: Command, work: Work<A, O>): Command {
  return command.action(async (...given: unknown[]) => {
    const options = command.optsWithGlobals() as O & GlobalOptions;
    // After the arguments commander hands over the options and the command itself.
    const args = given.slice(0, -2) as A;
    const context = makeContext(options);
    try {
      process.exitCode = (await work(context, options, ...args)) ?? 0;
    } catch (error) {
      process.exitCode = reportError(error, context.out);
    } finally {
      context.out.progress.stop();
    }
  });
}
