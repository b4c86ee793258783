import { type ApiClient, makeApiClient } from '#adapters/client/api-client.ts';
import { findApi } from '#adapters/client/find-api.ts';
import { defaultDataDir } from '#adapters/client/local-file.ts';
import { type ClientEnvironment, readClientEnvironment } from '#adapters/env.ts';
import { makeOutput, type Output } from './output.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  json?: boolean;
  api?: string;
  data?: string;
  profile?: string;
  region?: string;
}

/** What a command gets: where to say things, and whom to ask. */
export interface Context {
  out: Output;
  env: ClientEnvironment;
  options: GlobalOptions;
  dataDir: string;
  /** Found once, when it is first needed. */
  api(): Promise<ApiClient>;
}

export function makeContext(options: GlobalOptions, env = readClientEnvironment()): Context {
  const { api, data, profile, region } = options;
  let client: Promise<ApiClient> | undefined;
  return {
    out: makeOutput({ json: options.json === true, noColor: env.NO_COLOR !== undefined }),
    env,
    options,
    dataDir: data ?? defaultDataDir,
    api() {
      client ??= findApi({ api, dataDir: data, profile, region }, env).then((target) =>
        makeApiClient(target),
      );
      return client;
    },
  };
}
