/** What one service has cost on one day. */
export interface DaySpending {
  /** `2026-11-20`, UTC. */
  day: string;
  /** As AWS calls it. */
  service: string;
  usd: number;
}

/** What was found, and what finding it has cost. */
export interface FoundSpending {
  days: DaySpending[];
  /** Calls of Cost Explorer, one for each page: AWS charges for each. */
  requests: number;
}

/** The bill of the account, as far as AWS has it: figures of the last two days still change. */
export interface Spending {
  /**
   * @param untilDay the first day that is left out
   * @throws AppError `forbidden` where the account does not let us, `unavailable`
   */
  byDay(fromDay: string, untilDay: string): Promise<FoundSpending>;
}
