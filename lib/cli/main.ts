import { CommanderError } from 'commander';
import { makeOutput } from './output.ts';
import { makeProgram } from './program.ts';
import { onReaderGone } from './reader-gone.ts';
import { reportError } from './report-error.ts';

const usageExitCode = 2;

/** Runs one command line. Returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const json = argv.includes('--json');
  onReaderGone({
    streams: [process.stdout, process.stderr],
    end: () => process.exit(0),
    fail: (error) => process.exit(reportError(error, makeOutput({ json, noColor: true }))),
  });
  const program = makeProgram(json);
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    // Commander has said what is wrong, or has shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageExitCode;
    return reportError(error, makeOutput({ json, noColor: true }));
  }
}
