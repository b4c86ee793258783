import { AppError } from '#contracts/errors.ts';
import type { Context } from '../context.ts';
import { secretPlaceOf } from '../keys.ts';
import { keysOfEnvironment, offlineModelPath } from '../local/provider-secret.ts';
import { type Check, type Finding, fail, fromError, ok, warn } from './finding.ts';

/** Beyond five minutes AWS refuses a signature; from one on it is a clock to mend. */
const skewWarnMs = 60_000;
const skewFailMs = 240_000;

export const checkApi: Check = async ({ api }) => {
  try {
    const client = await api();
    const { body } = await client.call('readHealth', { once: true });
    return ok('API', `${client.target.url} takes you for ${body.caller} (${client.target.foundBy})`);
  } catch (error) {
    const isNone = error instanceof AppError && error.code === 'no_api';
    if (isNone)
      return warn(
        'API',
        'none runs here, and none is deployed that could be found',
        'npm start, or npm run deploy',
      );
    return fromError('fail', 'API', error);
  }
};

export const checkClock: Check = async (context) => {
  const date = await apiDate(context);
  if (date === undefined) return ok('clock', 'nothing to compare it with');
  const apartMs = Date.now() - date;
  const seen = `${Math.round(Math.abs(apartMs) / 1_000)} s ${apartMs < 0 ? 'behind' : 'ahead of'} the API`;
  const fix = 'sudo timedatectl set-ntp true';
  if (Math.abs(apartMs) >= skewFailMs) return fail('clock', seen, fix);
  return Math.abs(apartMs) >= skewWarnMs ? warn('clock', seen, fix) : ok('clock', seen);
};

/** Of any answer, a refusal too: that is the very one that a wrong clock gets. */
async function apiDate({ api }: Context): Promise<number | undefined> {
  try {
    const { target } = await api();
    const response = await fetch(target.url, { method: 'HEAD', signal: AbortSignal.timeout(5_000) });
    const date = response.headers.get('date');
    return date === null ? undefined : Date.parse(date);
  } catch {
    // The check before this one has said why there is no answer.
    return undefined;
  }
}

export const checkProviderKeys: Check = async ({ api }) => {
  const inEnvironment = Object.keys(keysOfEnvironment());
  const here = inEnvironment.length === 0 ? 'none' : inEnvironment.join(', ');
  try {
    const place = await secretPlaceOf((await api()).target);
    const { readPlaces } = await import('#adapters/aws/provider-secret.ts');
    return describe(await readPlaces(place), here);
  } catch (error) {
    const isSilent =
      error instanceof AppError && (error.code === 'no_api' || error.code === 'unauthenticated');
    if (!isSilent) return fromError('warn', 'model keys', error);
    if (inEnvironment.length > 0) return ok('model keys', `in the environment or .env: ${here}`);
    return warn(
      'model keys',
      'none in the environment or .env',
      'without one, npm start answers with prewritten words',
    );
  }
};

function describe(set: readonly { name: string; baseUrl?: string | undefined }[], here: string): Finding {
  const isOffline = set.some(({ baseUrl }) => baseUrl?.endsWith(offlineModelPath));
  const real = set.filter(({ baseUrl }) => !baseUrl?.endsWith(offlineModelPath)).map(({ name }) => name);
  const names = real.length === 0 ? 'none' : real.join(', ');
  const seen = `in use: ${names}; in the environment or .env: ${here}`;
  if (isOffline)
    return warn(
      'model keys',
      `${seen}; the offline model answers for anthropic`,
      'muster keys set anthropic',
    );
  return real.includes('anthropic')
    ? ok('model keys', seen)
    : warn('model keys', seen, 'muster keys set anthropic');
}
