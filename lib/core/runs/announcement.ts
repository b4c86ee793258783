import type { GateRow } from '#contracts/gate.ts';

export const onExpiry = {
  plan: 'Nothing is carried out, and the cycle ends as rejected.',
  release: 'Nothing is released, and the cycle ends as rejected.',
  action: 'The action is not carried out, and what depends on it is skipped.',
  task: 'The task counts as not done, and what depends on it is skipped.',
} as const satisfies Record<GateRow['kind'], string>;

/** What is mailed to people: ten lines about what it is, and how to answer. The token is not in it. */
export function announcement(gate: GateRow): { subject: string; text: string } {
  const until = new Date(gate.expiresAtMs).toISOString();
  const lines = [
    gate.title,
    '',
    gate.summary,
    '',
    `Run: ${gate.run}, cycle ${gate.cycle}, team ${gate.team}, project ${gate.project}`,
    `Digest of what you decide about: ${gate.digest}`,
    `Until ${until}. Then: ${onExpiry[gate.kind]}`,
    '',
    ...howToAnswer(gate),
  ];
  const subject = `Muster: ${gate.kind === 'task' ? 'a task for you' : 'your decision'}: ${gate.title}`;
  return { subject: toAscii(subject).slice(0, 100), text: lines.join('\n') };
}

/** Of a subject, SNS takes printable ASCII only. Source: SNS Publish, Subject. */
function toAscii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

/** Only of temporary credentials: curl signs a header without a value, and does not send it. Reads so in bash and zsh. */
const tokenHeader = `\${AWS_SESSION_TOKEN:+-H} \${AWS_SESSION_TOKEN:+"x-amz-security-token: $AWS_SESSION_TOKEN"}`;

function howToAnswer(gate: GateRow): string[] {
  const body = JSON.stringify({ decision: 'approve', digest: gate.digest });
  const commands =
    gate.kind === 'task'
      ? [
          `Hand in:  muster task complete ${gate.id} --file FOLDER --comment "..."`,
          `Decline:  muster approval reject ${gate.id} --comment "..."`,
        ]
      : [
          `Look:     muster approval show ${gate.id}`,
          `Approve:  muster approval approve ${gate.id} --digest ${gate.digest.slice(0, 12)}`,
          `Reject:   muster approval reject ${gate.id} --comment "..."`,
        ];
  return [
    ...commands,
    `With curl: curl --aws-sigv4 "aws:amz:$AWS_REGION:execute-api" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" ${tokenHeader} -H "content-type: application/json" -d '${body}' "$MUSTER_API_URL/approvals/${gate.id}"`,
  ];
}
