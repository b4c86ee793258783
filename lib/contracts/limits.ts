import * as z from 'zod';

/** Sizes and counts that are the same in every deployment, each with its reason. */
export const limits = {
  /** `ecs:RunTask` takes a client token of 64 characters: job id, dash, attempt. */
  jobIdCharacters: 40,
  /** An HTTP API passes 10 MB, a synchronous function 6 MB; prompts beyond this belong into an upload. */
  requestBytes: 1_048_576,
  /** The guard against depth bombs: nothing that Muster takes is nested deeper than a dozen levels. */
  jsonDepth: 32,
  /** `GET /jobs/{id}/result` answers the document itself up to this size. */
  resultBytes: 1_048_576,
  uploadBytes: 104_857_600,
  uploadFiles: 100,
  promptCharacters: 500_000,
  /** What a provider adds around the text (roles, separators, a preamble), generously: part of every reservation. */
  promptOverheadTokens: 1_000,
  echoMessageCharacters: 10_000,
  projectCharacters: 64,
  idempotencyKeyCharacters: 255,
  dependsOn: 20,
  /** Children that a parent's row names so that they wake at once; more are found by their own due time. */
  waiters: 50,
  pageItemsDefault: 25,
  pageItemsMax: 100,
  /** How many rows one list call looks at before it answers with a cursor, however few of them match. */
  pageRowsRead: 500,
  maxAttemptsDefault: 3,
  maxAttemptsMax: 10,
  /** Spot, deployments, host faults: not the job's fault, yet not for ever. */
  interruptionsMax: 20,
  /**
   * After so many interruptions a job goes on demand. Each costs a start of a minute and the turn that was under way;
   * twice may be chance, and a third time says that the job is longer than Spot leaves alone.
   */
  spotInterruptions: 2,
  timeoutSecondsDefault: 3_600,
  timeoutSecondsMax: 86_400,
  deadlineSecondsDefault: 86_400,
  deadlineSecondsMax: 1_209_600,
  maxTokensDefault: 1_024,
  maxTokensMax: 128_000,
  /** Presigned addresses live this long; workers ask for new ones. */
  presignSeconds: 300,
  /** Of one agent's prompt or system text: with its JSON escapes it fits one segment of the transcript. */
  agentPromptCharacters: 200_000,
  /** One answer of a model or one result of a tool, with room for what escapes add. */
  segmentBytes: 2_097_152,
  /** Of an answer in the response cache, as JSON: beside a segment it still fits one call. */
  responseBytes: 262_144,
  /** Answers are kept so long at most: the bucket drops them then. */
  responseCacheHours: 720,
  conversations: 16,
  /** A segment inside the JSON of its call; a synchronous function takes 6 MB. */
  workerRequestBytes: 5_242_880,
  agentMaxTokensDefault: 16_000,
  maxTurnsDefault: 50,
  maxTurnsMax: 200,
  idleSecondsDefault: 600,
  idleSecondsMax: 7_200,
  commandTools: 20,
  criteria: 50,
  researchQuestionsDefault: 4,
  /** That jobs of one scope share: a list of them is to be read at a glance. */
  notes: 100,
  /** Of one attempt: what S3 lists in one answer. */
  artifacts: 1_000,
  eventsPerCall: 100,
  eventBytes: 65_536,
  eventsPerPage: 200,
  /** A synchronous function answers with 6 MB, in which quotation marks are escaped a second time. */
  eventsPageBytes: 2_097_152,
  /** One a turn, and those of attempts that died before they settled: at most one for each attempt there can be. */
  openReservations: 64,
  /** Terminal rows and their events are dropped after this many days; results follow the bucket's lifecycle. */
  rowRetentionDays: 90,
  dueShards: 4,
  teamAgents: 24,
  meetingMembers: 12,
  meetingRounds: 5,
  /** Of a cycle. Twenty are usual; the execution's history has room for four times as many. */
  actions: 50,
  actionsAtOnce: 10,
  revisions: 3,
  cycles: 10_000,
  /** Some engines' timers end at 24.8 days; a gate has to end before its state does. */
  gateHours: 480,
  cadenceSeconds: 2_592_000,
  objectiveCharacters: 20_000,
  briefingCharacters: 150_000,
  memoryCharacters: 40_000,
  runRetentionDays: 400,
  /** A day: whoever watches longer wants a run of its own. */
  recoveryMinutes: 1_440,
  /** Of what a run is told beside its objective: it stays in its row. */
  givenCharacters: 6_000,
  /** An alarm that flaps starts no second run within a quarter of an hour, unless the schedule says otherwise. */
  alarmCooldownMinutes: 15,
  alarmCooldownMinutesMax: 10_080,
  /** Found by an alarm's event; whatever is beyond is looked at once a minute all the same. */
  recoveriesListed: 500,
  /** Of Cost Explorer's answer, each of which is paid for: seven weeks of a hundred services fit. */
  spendingPages: 10,
  /** Told to the looking function at once. */
  recoveriesPerCall: 25,
  /** Of what CloudWatch says about an alarm: it goes into rows, events and briefings. */
  alarmTextCharacters: 500,
  callbackUrlCharacters: 2_000,
  /** Asked of the delivering function at once: each may take as long as a receiver is waited for. */
  webhooksPerCall: 10,
  /** Of a deployment: their index is read whole to list them and to count them. */
  schedules: 500,
  /** The reconciler, which is the clock, looks once a minute. */
  scheduleSecondsMin: 60,
  /** A leap year. */
  scheduleSecondsMax: 31_622_400,
  /** What a schedule starts lies in its row, which every tick writes anew; longer texts belong into an upload. */
  scheduleStartsCharacters: 65_536,
  /** A tick that nobody looked at for so long is missed: five passes of the reconciler. */
  tickGraceSeconds: 300,
  /** Settled in one write, however long nobody looked; the rest is due again at once. */
  ticksPerClaim: 1_000,
  /** How often the start of one tick is begun when it fails for reasons that may pass. */
  tickTries: 5,
  recentTicks: 20,
  tickSaysCharacters: 300,
  /** Told to the starting function at once: each may take as long as a run takes to be accepted. */
  schedulesPerCall: 10,
  /** Jobs behind jobs behind jobs; each level nests the request by two, and `jsonDepth` bounds that. */
  chainDepth: 8,
  /** All templates of a request together: what one call can set in motion. */
  chainJobs: 50,
  chainNext: 20,
} as const;

/** Defaults of money, in micro-dollars (1 USD = 1,000,000). Source: design §2 point 11. */
export const budgetDefaults = {
  jobMicroUsd: 1_000_000,
  jobMicroUsdMax: 1_000_000_000,
  projectMonthMicroUsd: 100_000_000,
  /** Of a project's month: with a fifth left there is time to stop something, or to raise the limit. */
  warnShare: 0.8,
  /** Whoever has begun to tell people has so long; then another one does. Longer than a pass of the reconciler. */
  warnLeaseSeconds: 300,
} as const;

/**
 * Times that a deployment may change, in seconds. A heartbeat of 30 s against a lease of 180 s leaves five
 * misses before a worker is given up. `startSeconds` covers pulling the image (30–60 s on Fargate).
 */
export const timings = z
  .strictObject({
    heartbeatSeconds: z.number().positive().default(30),
    leaseSeconds: z.number().positive().default(180),
    startSeconds: z.number().positive().default(300),
    /** After this a claim whose RunTask outcome was never recorded is taken as stranded. Above the dispatcher's 30 s. */
    dispatchSeconds: z.number().positive().default(90),
    /**
     * How long `DescribeTasks` may say MISSING of a task that was just started (ECS is eventually consistent), and
     * how long a task may live that `ListTasks` has stopped to list: no less than the container's stopTimeout.
     */
    missingGraceSeconds: z.number().positive().default(120),
    /** First back-off after a failure; doubles, with full jitter. */
    retryBaseSeconds: z.number().positive().default(5),
    retryCapSeconds: z.number().positive().default(900),
    /** An outbox entry that the relay could not deliver is tried again after this. */
    outboxRetrySeconds: z.number().positive().default(30),
    /** A blocked job looks at its parents this often when no parent wakes it. */
    blockedCheckSeconds: z.number().positive().default(300),
    /** A slot whose job is not at that attempt is freed after this. */
    slotGraceSeconds: z.number().positive().default(120),
    /** A start of a schedule whose end was not written down is begun again after this. Above its function's 60 s. */
    tickLeaseSeconds: z.number().positive().default(90),
    /** A tick that waits for its turn looks this often whether it has come. */
    tickWaitSeconds: z.number().positive().default(60),
    /** Timeout of the worker in a function; longer jobs go on in the next slice. 900 is Lambda's own limit. */
    functionSeconds: z.number().int().min(3).max(900).default(900),
  })
  .refine((t) => t.heartbeatSeconds * 2 <= t.leaseSeconds, {
    message: 'leaseSeconds must be at least twice heartbeatSeconds',
  });
export type Timings = z.infer<typeof timings>;
export const defaultTimings: Timings = timings.parse({});
