import type { Command } from 'commander';
import { AppError } from '#contracts/errors.ts';
import type { GateView } from '#contracts/gate.ts';
import { works } from '../command.ts';
import type { Context } from '../context.ts';
import { printableLine } from '../printable.ts';
import { Exit } from '../report-error.ts';
import { askYes, canAsk } from './ask-yes.ts';
import { describeApproval } from './describe-approval.ts';
import { matchDigest } from './match-digest.ts';

interface ApproveOptions {
  digest?: string;
  comment?: string;
}

/** `muster approval approve ID`. */
export function addApprovalApprove(approval: Command): void {
  const command = approval
    .command('approve')
    .description('say yes to exactly what is shown; asks first')
    .argument('<id>', 'approval id')
    .option('--digest <prefix>', 'instead of being asked: the digest of what you saw, or its first 12 digits')
    .option('--comment <text>', 'what the next meeting reads')
    .addHelpText('after', examples);
  works<[string], ApproveOptions>(command, async (context, options, id) => {
    const { out } = context;
    const api = await context.api();
    const { body: gate } = await api.call('readApproval', { params: { id } });
    if (gate.kind === 'task') throw isTask(gate);
    await requireSeen(context, gate, options);
    const { digest } = gate;
    const { comment } = options;
    const body = { decision: 'approve', digest, ...(comment !== undefined && { comment }) };
    const { body: decided } = await api.call('decideApproval', { params: { id }, body });
    out.answer(decided, () => [`${decided.id} ${decided.status}`]);
    out.note(out.paint('gray', `Go on watching: muster run watch ${decided.run}`));
    return 0;
  });
}

const examples = `
Nobody approves unseen: on a terminal the summary is shown and a yes is asked for; elsewhere --digest has to say
what was seen.

Examples:
  $ muster approval approve run-0c5f…-c1-plan
  $ muster approval approve run-0c5f…-c1-plan --digest 3f8a0c92d1e7 --comment "Mind the cache."`;

async function requireSeen({ out }: Context, gate: GateView, { digest }: ApproveOptions): Promise<void> {
  if (digest !== undefined) return matchDigest(gate, digest);
  if (out.json || !canAsk()) throw unseen(gate);
  // What is decided already cannot be changed: the API says by whom.
  if (gate.status !== 'PENDING') return;
  for (const line of describeApproval(gate, out)) out.note(line);
  out.note('');
  if (await askYes('Approve this? Type yes: ')) return;
  out.note('Nothing was decided.');
  throw new Exit(1);
}

function unseen({ id }: GateView): AppError {
  return new AppError(
    'invalid_request',
    'nobody can be asked here, and --digest does not say what was seen',
    {
      remedy: `look at it: muster approval show ${id} · then: muster approval approve ${id} --digest DIGEST`,
    },
  );
}

function isTask({ id, title }: GateView): AppError {
  return new AppError(
    'invalid_request',
    `${id} is a task to be done, not a question: ${printableLine(title)}`,
    {
      remedy: `hand it in: muster task complete ${id} --file FOLDER`,
    },
  );
}
