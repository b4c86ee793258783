import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  chooseKeys,
  forgetEnvironmentKey,
  keptKeys,
  noteEnvironmentKeys,
} from '../../lib/cli/local/provider-secret.ts';
import { makeFolder, removeFolder } from './harness.ts';

const url = 'http://127.0.0.1:4610';

describe('the keys of the local cloud', () => {
  test('without any, the offline model stands in for Anthropic [A5]', () => {
    expect(chooseKeys({}, {}, url)).toEqual({
      keys: { anthropic: { apiKey: 'key-of-the-offline-model', baseUrl: `${url}/offline-model` } },
      offlineModel: true,
    });
  });

  test('the environment wins over what was kept, provider by provider [A5]', () => {
    const environment = { anthropic: { apiKey: 'env' } };
    const kept = { anthropic: { apiKey: 'kept' }, google: { apiKey: 'kept' } };
    expect(chooseKeys(environment, kept, url)).toEqual({
      keys: { anthropic: { apiKey: 'env' }, google: { apiKey: 'kept' } },
      offlineModel: false,
    });
  });
});

describe('what is kept', () => {
  let folder: string;
  beforeEach(() => {
    folder = makeFolder();
    mkdirSync(folder, { recursive: true });
  });
  afterEach(() => removeFolder(folder));

  function keep(keys: object): void {
    writeFileSync(join(folder, 'secrets.json'), JSON.stringify({ secret: JSON.stringify(keys) }));
  }

  test('is nothing in a new folder', () => {
    expect(keptKeys(folder, 'secret')).toEqual({});
  });

  test('is what was set, and neither the offline model nor what the environment had given', () => {
    noteEnvironmentKeys(folder, { openai: { apiKey: 'from the environment' } });
    keep({
      anthropic: { apiKey: 'x', baseUrl: 'http://127.0.0.1:1/offline-model' },
      openai: { apiKey: 'from the environment' },
      google: { apiKey: 'set' },
    });
    expect(keptKeys(folder, 'secret')).toEqual({ google: { apiKey: 'set' } });
  });

  test('leaves out what the environment gave in an earlier run', () => {
    noteEnvironmentKeys(folder, { openai: { apiKey: 'from the environment' } });
    keep({ openai: { apiKey: 'from the environment' } });
    noteEnvironmentKeys(folder, {});
    expect(keptKeys(folder, 'secret')).toEqual({});
  });

  test('is a key of the environment that was then set by hand', () => {
    noteEnvironmentKeys(folder, { openai: { apiKey: 'key' } });
    forgetEnvironmentKey(folder, 'key');
    keep({ openai: { apiKey: 'key' } });
    expect(keptKeys(folder, 'secret')).toEqual({ openai: { apiKey: 'key' } });
  });

  test('is every server of your own, and the workspace', () => {
    const own = {
      'self-hosted': { 'gpu-1': { baseUrl: 'http://gpu-1:11434', apiKey: 'token' } },
      'anthropic-aws': { workspaceId: 'wrkspc_1' },
    };
    keep({ ...own, google: { apiKey: 'set' } });
    expect(keptKeys(folder, 'secret')).toEqual({ ...own, google: { apiKey: 'set' } });
  });
});
