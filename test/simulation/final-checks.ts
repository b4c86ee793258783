import { jobRow } from '#contracts/job-row.ts';
import { checkInvariants } from '#core/audit/check-invariants.ts';
import { listJobs } from '#core/jobs/read-jobs.ts';
import { monthOf } from '#core/money/month-of.ts';
import { type Answers, caller } from './clients.ts';
import { checkRunEnd } from './run-final-checks.ts';
import { makeDeps } from './sim-deps.ts';
import { snapshotOf } from './snapshot.ts';
import type { World } from './world.ts';

/** When everything has come to rest: nothing is left over, and everybody was told the truth. */
export async function checkEnd(world: World, answers: Answers): Promise<void> {
  const [finding] = checkInvariants(snapshotOf(world), { isSettled: true });
  if (finding) world.journal.violate(finding.invariant, `${finding.subject} ${finding.message}`);
  checkShapes(world);
  checkAnswers(world, answers);
  checkCalls(world);
  checkAgentCalls(world);
  countSlices(world);
  checkMonths(world);
  if (world.isRun) checkRunEnd(world);
  await checkLists(world);
}

/** What the core writes is what the table's adapter will take when it reads it back. */
function checkShapes(world: World): void {
  for (const row of world.store.rows.values()) {
    const parsed = jobRow.safeParse(row);
    if (!parsed.success) world.journal.violate('shape', `${row.id}: ${parsed.error.message}`);
  }
}

function checkAnswers(world: World, { accepted, cancelled }: Answers): void {
  const byKey = new Map<string, { jobId: string; body: string }>();
  for (const { key, body, jobId } of accepted) {
    if (!world.store.rows.has(jobId))
      world.journal.violate('no lost job', `${jobId} was accepted and is not there`);
    const first = key === undefined ? undefined : byKey.get(key);
    if (key !== undefined && !first) byKey.set(key, { jobId, body });
    if (first && first.jobId !== jobId)
      world.journal.violate('idempotent create', `${key} made ${first.jobId} and ${jobId}`);
    if (first && first.body !== body)
      world.journal.violate('idempotent create', `${key} was accepted for two different requests`);
  }
  for (const id of cancelled) {
    const status = world.store.rows.get(id)?.status;
    if (status !== 'CANCELLED')
      world.journal.violate('one ending', `the cancel of ${id} was accepted; it ended ${status}`);
  }
}

/** Every call that the model has seen is paid for or put aside for; nobody is charged for one that it has not. */
function checkCalls(world: World): void {
  const made = new Set(world.model.calls.map(({ jobId, key }) => `${jobId} ${key}`));
  if (made.size !== world.model.calls.length) world.journal.violate('money', 'a model call was made twice');
  for (const { jobId, key } of world.agents.calls) made.add(`${jobId} ${key}`);
  for (const { jobId, key, usage } of world.model.calls) {
    const entry = world.ledger.jobs.get(jobId)?.get(key);
    const isOpen = world.store.rows.get(jobId)?.reservations.some((open) => open.key === key);
    if (!entry && !isOpen)
      world.journal.violate('money', `${jobId}: the call ${key} is neither paid nor put aside for`);
    if (entry && entry.usage.outputTokens !== usage.outputTokens)
      world.journal.violate('money', `${jobId}: the call ${key} is in the ledger with another usage`);
  }
  for (const entries of world.ledger.jobs.values())
    for (const { jobId, key } of entries.values())
      if (!made.has(`${jobId} ${key}`))
        world.journal.violate('money', `${jobId} is charged for ${key}, which nobody made`);
}

/** Slices are interruptions: three of them are three attempts, one transcript and no failure. */
function countSlices({ store, journal }: World): void {
  for (const { status, lane, failures, interruptions, checkpoint } of store.rows.values()) {
    const writers = checkpoint?.conversations.main?.length ?? 0;
    if (status !== 'SUCCEEDED' || lane !== 'function' || writers < 3) continue;
    if (failures === 0 && interruptions >= 2) journal.countStory('three slices, no failure');
  }
}

/** A turn of an agent may take several calls, because what breaks off is tried again: one reservation pays for all. */
function checkAgentCalls({ agents, ledger, store, journal }: World): void {
  const used = new Map<string, { jobId: string; key: string; outputTokens: number }>();
  for (const { jobId, key, usage } of agents.calls) {
    const sum = used.get(`${jobId} ${key}`)?.outputTokens ?? 0;
    used.set(`${jobId} ${key}`, { jobId, key, outputTokens: sum + usage.outputTokens });
  }
  for (const { jobId, key, outputTokens } of used.values()) {
    const entry = ledger.jobs.get(jobId)?.get(key);
    const isOpen = store.rows.get(jobId)?.reservations.some((open) => open.key === key);
    if (!entry && !isOpen)
      journal.violate('money', `${jobId}: turn ${key} is neither paid nor put aside for`);
    if (entry && entry.usage.outputTokens !== outputTokens)
      journal.violate(
        'money',
        `${jobId}: turn ${key} used ${outputTokens}, and paid ${entry.usage.outputTokens}`,
      );
  }
}

/** Here it is known what each job kept at its end, so the month's sum is exact. */
function checkMonths(world: World): void {
  for (const { project, month, committedMicroUsd } of world.months.months.values()) {
    const kept = world.keptMicroUsd.get(`${project} ${month}`) ?? 0;
    if (committedMicroUsd !== kept)
      world.journal.violate(
        'money',
        `${project} ${month} has committed ${committedMicroUsd}; its jobs kept ${kept}`,
      );
  }
  const stray = [...world.store.rows.values()].find(
    (row) => row.grants > 0 && row.grantMonth !== monthOf(row.startedAtMs ?? 0) && row.attempt === 1,
  );
  if (stray) world.journal.violate('money', `${stray.id} was granted money of ${stray.grantMonth}`);
}

/** A client that pages through all jobs sees each of them once. */
async function checkLists(world: World): Promise<void> {
  const deps = makeDeps(world, world.newActor('client', 'list'));
  deps.store = world.store;
  deps.projects = world.projects;
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listJobs(deps, caller, { limit: 2, ...(cursor ? { cursor } : {}) });
    seen.push(...page.rows.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== undefined && seen.length <= world.store.rows.size);
  const all = [...world.store.rows.keys()];
  if (seen.length !== all.length || !all.every((id) => seen.includes(id)))
    world.journal.violate('no lost job', `a list over all pages has ${seen.length} of ${all.length} jobs`);
}
