import type { Command } from 'commander';
import { addApprovalApprove } from './approval-approve.ts';
import { addApprovalList } from './approval-list.ts';
import { addApprovalReject } from './approval-reject.ts';
import { addApprovalShow } from './approval-show.ts';

/** `muster approval …`: what people have to decide. */
export function addApproval(program: Command): void {
  const approval = program
    .command('approval')
    .helpCommand(false)
    .description('what waits for a person: list, show, approve, reject');
  addApprovalList(approval);
  addApprovalShow(approval);
  addApprovalApprove(approval);
  addApprovalReject(approval);
}
