import type { GateView } from '#contracts/gate.ts';
import { type RunView, runView } from '#contracts/run-view.ts';
import type { TeamView } from '#contracts/team.ts';

const hex = (digit: string) => digit.repeat(64);

/** A run whose first cycle failed and whose second waits for a person, as the API answers it. */
export function makeRunView(changes: Partial<RunView> = {}): RunView {
  return runView.parse({
    id: 'run-0123456789abcdef',
    team: 'small',
    teamSha256: hex('d'),
    objective: 'The sum of the basket is right.',
    project: 'default',
    status: 'WAITING',
    cycle: 1,
    maxCycles: 2,
    cycles: [
      {
        cycle: 1,
        outcome: 'converged',
        decision: 'go',
        startedAt: '2026-11-20T10:00:00.000Z',
        costUsd: 0.05,
        planningJob: 'run-0123456789abcdef-c1-meet',
        actions: [
          {
            ...{ id: 2, title: 'Write down how the sum is made.', owner: 'writer', kind: 'docs', wave: 1 },
            ...{ priority: 'medium', status: 'FAILED', revision: 1, costUsd: 0.01 },
            ...{ jobs: ['run-0123456789abcdef-c1-a2-r0-do', 'run-0123456789abcdef-c1-a2-r1-do'] },
            ...{ startedAt: '2026-11-20T10:01:00.000Z', endedAt: '2026-11-20T10:03:05.000Z' },
            verdicts: { 'The page names rounding.': 'not_met', 'It is short.': 'met' },
            reason: '"The page names rounding.": it does not',
          },
          {
            ...{
              id: 1,
              title: 'Mend the sum of the basket so that every single line of it counts in the end.',
            },
            ...{
              owner: 'coder',
              kind: 'backend',
              wave: 0,
              priority: 'high',
              status: 'EXECUTING',
              revision: 0,
            },
            ...{ jobs: ['run-0123456789abcdef-c1-a1-r0-do'], costUsd: 0.04 },
            startedAt: '2026-11-20T10:00:30.000Z',
          },
        ],
      },
    ],
    waitsFor: ['run-0123456789abcdef-c1-a3-r0-task'],
    models: {
      coder: { model: 'claude-sonnet-5-5', insteadOf: 'gpt-6.2-sol' },
      lead: { model: 'claude-opus-5-5' },
    },
    createdAt: '2026-11-20T09:59:55.000Z',
    costUsd: 0.05,
    budgetUsd: 10,
    links: { report: '/runs/run-0123456789abcdef/files/cycles/1/report.html' },
    ...changes,
  });
}

export function makeGateView(changes: Partial<GateView> = {}): GateView {
  return {
    id: 'run-0123456789abcdef-c1-plan',
    run: 'run-0123456789abcdef',
    cycle: 1,
    project: 'default',
    team: 'small',
    kind: 'plan',
    title: 'Carry out the plan of cycle 1 (2 actions)?',
    summary: '1. [high] coder: Mend the sum.\n2. [medium] writer: Write it down.',
    digest: `3f8a0c92d1e7${'0'.repeat(52)}`,
    status: 'PENDING',
    createdAt: '2026-11-20T10:00:00.000Z',
    expiresAt: '2026-11-23T10:00:00.000Z',
    onExpiry: 'Nothing is carried out, and the cycle ends as rejected.',
    ...changes,
  };
}

export function makeTeamView(changes: Partial<TeamView> = {}): TeamView {
  const agent = { title: 'Agent', model: 'claude-opus-5-5', fallback: [], owns: [] };
  return {
    name: 'small',
    title: 'Small team',
    description: 'Two workers and a lead.',
    origin: 'shipped',
    sha256: hex('d'),
    agents: [
      { ...agent, id: 'lead' },
      {
        ...agent,
        id: 'coder',
        model: 'gpt-6.2-sol',
        fallback: ['claude-sonnet-5-5'],
        fallsBackTo: 'claude-sonnet-5-5',
      },
      { ...agent, id: 'seer', model: 'gemini-4-pro', fallback: ['gpt-6.2-sol'], fallsBackTo: null },
    ],
    people: [],
    matrix: [],
    approvals: { plan: false, release: false, kinds: [], expiresHours: 72, own: true },
    workflows: [],
    budgetUsd: 10,
    maxCycles: 2,
    ...changes,
  };
}
