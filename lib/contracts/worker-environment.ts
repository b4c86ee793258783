/** What the dispatcher hands to a container, and the worker reads at its start. */
export const workerEnvironment = {
  apiUrl: 'MUSTER_API_URL',
  jobId: 'JOB_ID',
  attempt: 'MUSTER_ATTEMPT',
  ticket: 'MUSTER_TICKET',
  traceparent: 'TRACEPARENT',
  /** `1`: tools may run as whoever runs the worker, where nothing better is possible. Local cloud only. */
  unsandboxed: 'MUSTER_UNSANDBOXED',
  /** The same, but only while the model is reached at this address: that of the offline model. */
  unsandboxedFor: 'MUSTER_UNSANDBOXED_FOR',
  /** User id of the tools; the image sets it. Default: one that no other sandbox on this machine has. */
  sandboxUid: 'MUSTER_SANDBOX_UID',
  /** Where the workspace is. Default: a folder of its own among the temporary ones. */
  sandboxFolder: 'MUSTER_SANDBOX_FOLDER',
} as const;
