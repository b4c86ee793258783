import type { Command } from 'commander';
import { works } from '../command.ts';
import type { Format, Output } from '../output.ts';
import { printableLine } from '../printable.ts';
import { checkApi, checkClock, checkProviderKeys } from './check-api.ts';
import { checkAwsCredentials } from './check-credentials.ts';
import { checkDataFolder, checkPort } from './check-local.ts';
import { checkCdk, checkNode } from './check-tools.ts';
import type { Check, Finding } from './finding.ts';
import { lookAtAws } from './look-at-aws.ts';

const checks: readonly Check[] = [
  checkNode,
  checkCdk,
  checkDataFolder,
  checkPort,
  checkAwsCredentials,
  checkApi,
  checkClock,
  checkProviderKeys,
];

const formats = { ok: 'green', warn: 'yellow', fail: 'red' } as const satisfies Record<
  Finding['status'],
  Format
>;

/** `muster doctor`: what would get in the way, each with what mends it. */
export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('look for what would get in the way, and say what mends it')
    .option('--aws', 'look at Docker and at the AWS account too: bootstrap, quotas, subscriptions')
    .addHelpText(
      'after',
      '\nThe exit code is 1 only if something failed; a warning may be fine.\n\nExamples:\n  $ muster doctor\n  $ muster doctor --aws',
    );
  works<[], { aws?: boolean }>(command, async (context, { aws }) => {
    const { out } = context;
    const findings: Finding[] = [];
    for (const check of checks) {
      out.progress.say('looking');
      const finding = await check(context);
      findings.push(finding);
      tell(finding, out);
    }
    for (const finding of aws ? await lookAtAws(context) : []) {
      findings.push(finding);
      tell(finding, out);
    }
    const failed = findings.filter(({ status }) => status === 'fail').length;
    out.answer({ ok: failed === 0, findings }, () => []);
    return failed === 0 ? 0 : 1;
  });
}

function tell({ status, what, seen, fix }: Finding, out: Output): void {
  out.line(`${out.paint(formats[status], status.padEnd(4))}  ${what.padEnd(12)}  ${printableLine(seen)}`);
  if (fix !== undefined) out.line(`${' '.repeat(20)}→ ${printableLine(fix)}`);
}
