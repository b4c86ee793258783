import type { Command } from 'commander';
import type { ApiClient } from '#adapters/client/api-client.ts';
import type { GateView } from '#contracts/gate.ts';
import { limits } from '#contracts/limits.ts';
import { works } from '../command.ts';
import { formatAge } from '../format.ts';
import type { Output } from '../output.ts';
import { limitOption, takeItems } from '../pages.ts';
import { formatTable } from '../table.ts';
import { gateFormat } from './describe-approval.ts';

interface ListOptions {
  project?: string;
  decided?: boolean;
  limit?: number;
}

/** `muster approval list`: what waits, or what is decided. */
export function addApprovalList(approval: Command): void {
  const command = approval
    .command('list')
    .description('list what waits for a person, newest first')
    .option('--project <name>', 'only this project')
    .option('--decided', 'what is decided, instead of what waits')
    .addOption(limitOption())
    .addHelpText('after', '\nExample:\n  $ muster approval list');
  works<[], ListOptions>(command, async ({ out, api }, options) => {
    const items = await listApprovals(await api(), options);
    out.answer({ items }, () => (items.length === 0 ? [none(options)] : gateTable(items, out)));
    const [first] = items;
    if (first && !options.decided)
      out.note(out.paint('gray', `Look at one: muster approval show ${first.id}`));
    return 0;
  });
}

function listApprovals(api: ApiClient, options: ListOptions): Promise<GateView[]> {
  const { project, limit = limits.pageItemsDefault } = options;
  const status = options.decided ? 'decided' : 'pending';
  return takeItems(limit, (place) => api.call('listApprovals', { query: { project, status, ...place } }));
}

function none({ decided }: ListOptions): string {
  return decided ? 'Nothing is decided yet.' : 'Nothing waits for a person.';
}

function gateTable(gates: readonly GateView[], out: Output): string[] {
  const nowMs = Date.now();
  return formatTable(gates, [
    { title: 'ID', value: ({ id }) => id },
    { title: 'KIND', value: ({ kind }) => kind },
    {
      title: 'STATUS',
      value: ({ status }) => status,
      paint: (text, { status }) => out.paint(gateFormat(status), text),
    },
    { title: 'FOR', value: ({ person }) => person ?? 'an approver' },
    { title: 'LEFT', value: (gate) => timeLeft(gate, nowMs), align: 'right' },
    { title: 'WHAT', value: ({ title }) => title },
  ]);
}

function timeLeft({ status, expiresAt }: GateView, nowMs: number): string {
  return status === 'PENDING' ? formatAge(Date.parse(expiresAt) - nowMs) : '–';
}
