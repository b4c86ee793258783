import type { Command } from 'commander';
import type { GateView } from '#contracts/gate.ts';
import { works } from '../command.ts';
import { describeApproval } from './describe-approval.ts';

/** `muster approval show ID`. */
export function addApprovalShow(approval: Command): void {
  const command = approval
    .command('show')
    .description('show what is to be decided, by its digest, and how to answer')
    .argument('<id>', 'approval id')
    .addHelpText('after', '\nExample:\n  $ muster approval show run-0c5f…-c1-plan');
  works<[string], object>(command, async ({ out, api }, _options, id) => {
    const { body } = await (await api()).call('readApproval', { params: { id } });
    out.answer(body, () => [
      ...describeApproval(body, out),
      ...(body.status === 'PENDING' ? ['', ...howToAnswer(body)] : []),
    ]);
    return 0;
  });
}

/** Commands that also work where nobody can be asked: with the digest of what was seen. */
function howToAnswer({ id, kind, digest }: GateView): string[] {
  if (kind === 'task')
    return [
      `Hand in:  muster task complete ${id} --file FOLDER --comment "…"`,
      `Decline:  muster approval reject ${id} --comment "…"`,
    ];
  return [
    `Approve:  muster approval approve ${id} --digest ${digest.slice(0, 12)}`,
    `Reject:   muster approval reject ${id} --comment "…"`,
  ];
}
