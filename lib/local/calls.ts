export interface CallCount {
  caller: string;
  service: string;
  operation: string;
  count: number;
}
