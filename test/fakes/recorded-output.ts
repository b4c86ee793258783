import { makeOutput, type Output } from '../../lib/cli/output.ts';

/** An output whose words are kept; a terminal of so many columns without colours. */
export function recordOutput(columns = 100): { out: Output; said(): string } {
  let text = '';
  const stream = {
    columns,
    write(more: string) {
      text += more;
    },
  };
  return {
    out: makeOutput({ json: false, noColor: true, stdout: stream, stderr: stream }),
    said: () => text,
  };
}
