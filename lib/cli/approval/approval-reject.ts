import type { Command } from 'commander';
import { works } from '../command.ts';
import { matchDigest } from './match-digest.ts';

interface RejectOptions {
  digest?: string;
  comment?: string;
}

/** `muster approval reject ID`: also declines a task. */
export function addApprovalReject(approval: Command): void {
  const command = approval
    .command('reject')
    .description('say no; the comment is what the next meeting reads')
    .argument('<id>', 'approval id')
    .option('--digest <prefix>', 'only if it is still about this: its digest, or the first 12 digits')
    .option('--comment <text>', 'why, and what would have to change')
    .addHelpText(
      'after',
      '\nExample:\n  $ muster approval reject run-0c5f…-c1-plan --comment "Tests first."',
    );
  works<[string], RejectOptions>(command, async ({ out, api }, { digest, comment }, id) => {
    const client = await api();
    const { body: gate } = await client.call('readApproval', { params: { id } });
    if (digest !== undefined) matchDigest(gate, digest);
    const body = { decision: 'reject', digest: gate.digest, ...(comment !== undefined && { comment }) };
    const { body: decided } = await client.call('decideApproval', { params: { id }, body });
    out.answer(decided, () => [`${decided.id} ${decided.status}`]);
    return 0;
  });
}
