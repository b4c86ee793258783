export interface WebResponse {
  /** Where the answer came from, after redirects. */
  url: string;
  status: number;
  /** As the server says, lower case, without parameters; '' when it says nothing. */
  contentType: string;
  /** At most as much as the adapter takes; `cut` says that there was more. */
  body: Uint8Array;
  cut: boolean;
}

/**
 * The way out to addresses that a model or a user chose.
 *
 * Throws `invalid_request` for an address of the wrong form, `forbidden` for one that leads to a private place,
 * `unavailable` where nobody answers in time. When `signal` aborts, the signal's reason is thrown.
 */
export interface Egress {
  get(url: string, signal: AbortSignal): Promise<WebResponse>;
}
