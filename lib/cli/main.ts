import { CommanderError } from 'commander';
import { makeOutput } from './output.ts';
import { makeProgram } from './program.ts';
import { reportError } from './report-error.ts';

const usageExitCode = 2;

/** Runs one command line. Returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  endQuietlyWithoutReader();
  const json = argv.includes('--json');
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

/** `muster job list | head -1` closes our stdout: there is nobody left to tell. */
function endQuietlyWithoutReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}
