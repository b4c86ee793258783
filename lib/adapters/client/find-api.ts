import { AppError } from '#contracts/errors.ts';
import { outputs } from '#contracts/settings.ts';
import type { AwsCredentials } from '../control/sigv4.ts';
import type { ClientEnvironment } from '../env.ts';
import { defaultDataDir, type LocalFile, readLocalFile } from './local-file.ts';

/** An API, and how to be let in. */
export interface ApiTarget {
  kind: 'local' | 'aws';
  /** Without a slash at its end. */
  url: string;
  region: string;
  /** How it was found, for people. */
  foundBy: string;
  /** Of the local cloud or another emulator: where all its services are. */
  endpointUrl?: string;
  /** True where prewritten words stand in for a model. */
  offlineModel: boolean;
  credentials(): Promise<AwsCredentials>;
  /** Of the WebSocket API, where one is known. Never throws: there is another way to all that it brings. */
  streamUrl?(): Promise<string | undefined>;
  /** Of the stack, by the names in `contracts/settings.ts`. */
  outputs(): Promise<Readonly<Record<string, string>>>;
}

export interface FindApiOptions {
  api?: string | undefined;
  dataDir?: string | undefined;
  profile?: string | undefined;
  region?: string | undefined;
}

const defaultRegion = 'us-east-1';

/**
 * `--api`, then `MUSTER_API_URL`, then the running local cloud, then the deployed stack. Whoever names a profile or a
 * region means AWS: what was meant for a deployment must not happen to the local cloud that runs here by chance.
 *
 * @throws AppError `no_api` that says how to start or deploy one, `invalid_request` for an address that is none
 */
export async function findApi(options: FindApiOptions, env: ClientEnvironment): Promise<ApiTarget> {
  const local = readLocalFile(options.dataDir ?? defaultDataDir);
  const given = options.api ?? env.MUSTER_API_URL;
  if (given !== undefined) {
    return atAddress(
      toAddress(given),
      options.api === undefined ? 'MUSTER_API_URL' : '--api',
      local,
      options,
      env,
    );
  }
  if (local && !meansAws(options))
    return localTarget(local, `local cloud (${options.dataDir ?? defaultDataDir}, pid ${local.pid})`);
  return deployedTarget(options, env);
}

function meansAws({ dataDir, profile, region }: FindApiOptions): boolean {
  return dataDir === undefined && (profile !== undefined || region !== undefined);
}

function toAddress(text: string): string {
  const isHttp = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  if (isHttp) return text.replace(/\/+$/, '');
  throw new AppError('invalid_request', `"${text}" is not the address of an API`, {
    remedy: 'give one like https://abc123.execute-api.eu-central-1.amazonaws.com',
  });
}

function localTarget(file: LocalFile, foundBy: string): ApiTarget {
  const { apiUrl, wsUrl, region, endpointUrl, offlineModel, accessKeyId, secretAccessKey } = file;
  return {
    kind: 'local',
    url: apiUrl,
    region,
    foundBy,
    endpointUrl,
    offlineModel,
    credentials: async () => ({ accessKeyId, secretAccessKey }),
    streamUrl: async () => wsUrl,
    outputs: async () => file.outputs,
  };
}

/** The local cloud's own address takes the local cloud's own key, however the address was given. */
function atAddress(
  url: string,
  foundBy: string,
  local: LocalFile | undefined,
  options: FindApiOptions,
  env: ClientEnvironment,
): ApiTarget {
  if (local && new URL(local.apiUrl).host === new URL(url).host) return localTarget(local, foundBy);
  const region = options.region ?? regionIn(url) ?? regionOf(env) ?? defaultRegion;
  const place = { region, profile: options.profile, endpointUrl: env.AWS_ENDPOINT_URL };
  return {
    ...awsTarget(place, url, foundBy),
    streamUrl: () => streamBeside(url, place),
    outputs: () => readOutputs(place),
  };
}

/** Of the stack whose API this is; whoever may not read stacks does without. */
async function streamBeside(url: string, place: AwsPlace): Promise<string | undefined> {
  const found = await readOutputs(place).catch(() => undefined);
  return found?.[outputs.apiUrl] === url ? found?.[outputs.streamUrl] : undefined;
}

function regionIn(url: string): string | undefined {
  return /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com/.exec(url)?.[1];
}

function regionOf(env: ClientEnvironment): string | undefined {
  return env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
}

interface AwsPlace {
  region: string | undefined;
  profile: string | undefined;
  /** Another emulator in AWS's place. */
  endpointUrl: string | undefined;
  /** The user has said that AWS is meant: whether a local cloud runs does not matter. */
  isNamed?: boolean;
}

async function deployedTarget(options: FindApiOptions, env: ClientEnvironment): Promise<ApiTarget> {
  const place = {
    region: options.region ?? regionOf(env),
    profile: options.profile,
    endpointUrl: env.AWS_ENDPOINT_URL,
    isNamed: meansAws(options),
  };
  const found = await readOutputs(place);
  const url = found[outputs.apiUrl];
  const region = found[outputs.region] ?? place.region ?? defaultRegion;
  if (url === undefined) throw noApi(place, `the stack in ${region} has no output ${outputs.apiUrl}`);
  const target = awsTarget({ ...place, region }, url, `the deployed stack in ${region}`);
  return { ...target, streamUrl: async () => found[outputs.streamUrl], outputs: async () => found };
}

function awsTarget({ region = defaultRegion, profile, endpointUrl }: AwsPlace, url: string, foundBy: string) {
  return {
    kind: 'aws' as const,
    url,
    region,
    foundBy,
    offlineModel: false,
    ...(endpointUrl === undefined ? {} : { endpointUrl }),
    credentials: async () => {
      const { readDefaultCredentials } = await import('../aws/default-credentials.ts');
      return readDefaultCredentials(profile);
    },
  };
}

async function readOutputs(place: AwsPlace): Promise<Readonly<Record<string, string>>> {
  // Loaded only here: the SDK takes longer to load than a call to a local cloud takes.
  const { readStackOutputs } = await import('../aws/stack-outputs.ts');
  const answer = await readStackOutputs(place);
  if (answer.found) return answer.outputs;
  throw noApi(place, answer.why, answer.cause);
}

function noApi({ isNamed }: AwsPlace, why: string, cause?: unknown): AppError {
  const here = isNamed ? '' : 'no local cloud runs here, and ';
  return new AppError('no_api', `There is no Muster to talk to: ${here}${why}`, {
    cause,
    remedy:
      'start one on this machine: npm start · or deploy one: npm run deploy · or name one: --api URL (or MUSTER_API_URL), --data DIR, --region',
  });
}
