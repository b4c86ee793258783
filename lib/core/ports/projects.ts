/** Which projects have ever had work, so that lists over all of them know where to look. */
export interface Projects {
  /** Noting a known project changes nothing. */
  note(project: string): Promise<void>;
  all(): Promise<string[]>;
}
