import type { GateStatus, GateView } from '#contracts/gate.ts';
import { formatBytes } from '../format.ts';
import type { Format, Output } from '../output.ts';
import { printable, printableLine } from '../printable.ts';
import { formatFields } from '../table.ts';

/** What somebody has to see before they decide: what it is, by which digest, and until when. */
export function describeApproval(gate: GateView, out: Output): string[] {
  const { files, comment, result } = gate;
  return [
    out.paint('bold', printableLine(gate.title)),
    '',
    ...printable(gate.summary)
      .split('\n')
      .map((line) => `  ${line}`.trimEnd()),
    '',
    ...formatFields([
      ['id', gate.id],
      ['kind', gate.kind],
      ['status', out.paint(gateFormat(gate.status), gate.status)],
      ['for', gate.person === undefined ? undefined : printableLine(gate.person)],
      [
        'run',
        `${gate.run}, cycle ${gate.cycle}${gate.action === undefined ? '' : `, action ${gate.action}`}`,
      ],
      ['team', `${printableLine(gate.team)}, project ${printableLine(gate.project)}`],
      ['digest', gate.digest],
      [
        'until',
        gate.status === 'PENDING' ? `${gate.expiresAt}; then: ${printableLine(gate.onExpiry)}` : undefined,
      ],
      ['decided', gate.decidedAt && `${gate.decidedAt} by ${printableLine(gate.decidedBy ?? 'nobody')}`],
      ['comment', comment === undefined ? undefined : printableLine(comment)],
      ['handed in', result === undefined ? undefined : printableLine(result)],
      ['files', files && `${files.sha256}, ${formatBytes(files.bytes)}`],
    ]),
  ];
}

export function gateFormat(status: GateStatus): Format {
  if (status === 'APPROVED') return 'green';
  if (status === 'REJECTED') return 'red';
  return status === 'PENDING' ? 'yellow' : 'gray';
}
