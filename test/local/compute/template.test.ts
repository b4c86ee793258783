// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of CloudFormation, not of this language
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { Json } from '../../../lib/local/json.ts';
import { readTemplate, type Template } from '../../../lib/local/template.ts';

const dir = mkdtempSync(join(tmpdir(), 'muster-template-'));
const hash = 'a'.repeat(64);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function write(name: string, value: Json): void {
  writeFileSync(join(dir, name), JSON.stringify(value));
}

function read(template: Json): Template {
  const artifact = { type: 'aws:cloudformation:stack', properties: { templateFile: 'S.template.json' } };
  write('manifest.json', { artifacts: { S: artifact } });
  write('S.template.json', template);
  write('S.assets.json', { files: { [hash]: { source: { path: `asset.${hash}` } } } });
  return readTemplate({
    assemblyDir: dir,
    region: 'eu-west-1',
    accountId: '111122223333',
    rewrite: (text) => text.replace('https://x.aws', 'http://here'),
  });
}

/** Resolves one value in a stack that has a queue. */
function resolve(value: Json): Json | undefined {
  const template = read({
    Resources: { Queue: { Type: 'AWS::SQS::Queue' }, User: { Type: 'X', Properties: { value } } },
  });
  template.setPhysical('Queue', { ref: 'url', attributes: { Arn: 'arn:aws:sqs:q' } });
  const user = template.resources.find(({ logicalId }) => logicalId === 'User');
  return user && template.properties(user).value;
}

describe('an intrinsic', () => {
  test.each<[string, Json, Json]>([
    ['Ref of a resource', { Ref: 'Queue' }, 'url'],
    ['Ref of a pseudo parameter', { Ref: 'AWS::AccountId' }, '111122223333'],
    ['Fn::GetAtt', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'arn:aws:sqs:q'],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'AWS::Region' }]] }, 'a-eu-west-1'],
    ['a joined address of AWS', { 'Fn::Join': ['', ['https://', 'x.aws', '/']] }, 'http://here/'],
    ['Fn::Sub', { 'Fn::Sub': '${AWS::Partition}:${Queue.Arn}:${Queue}' }, 'aws:arn:aws:sqs:q:url'],
    ['Fn::Select of Fn::Split', { 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
    ['Fn::GetAZs', { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] }, 'eu-west-1a'],
    ['AWS::NoValue', [{ Ref: 'AWS::NoValue' }, 'kept'], ['kept']],
  ])('%s resolves', (_name, value, expected) => {
    expect(resolve(value)).toEqual(expected);
  });

  test('that is not known is an error that names it and its resource', () => {
    expect(() => resolve({ 'Fn::Base64': 'x' })).toThrow(
      'X User: Fn::Base64 is not handled by the local cloud',
    );
    expect(() => resolve({ Ref: 'Nobody' })).toThrow('X User: Nobody is referred to');
    expect(() => resolve({ 'Fn::GetAtt': ['Queue', 'Colour'] })).toThrow(
      'Fn::GetAtt Queue.Colour is not known',
    );
  });
});

test('resources come after what they refer to', () => {
  const template = read({
    Resources: {
      A: { Type: 'X', Properties: { b: { 'Fn::Sub': 'x${B.Arn}' } } },
      B: { Type: 'X', DependsOn: 'C' },
      C: { Type: 'X' },
    },
  });
  expect(template.resources.map(({ logicalId }) => logicalId)).toEqual(['C', 'B', 'A']);
});

test('a resource under a condition is refused', () => {
  expect(() => read({ Resources: { A: { Type: 'X', Condition: 'Never' } } })).toThrow(
    'A: conditions are not handled',
  );
});

test('a circle is an error that shows it', () => {
  const refer = (to: string): Json => ({ Type: 'X', Properties: { to: { Ref: to } } });
  expect(() => read({ Resources: { A: refer('B'), B: refer('A') } })).toThrow('A → B → A');
});

test('an asset is found by its hash in a key or an image address', () => {
  const template = read({ Resources: {} });
  expect(template.assetFolder(`${hash}.zip`)).toBe(join(dir, `asset.${hash}`));
  expect(template.assetFolder(`1.dkr.ecr/x:${hash}`)).toBe(join(dir, `asset.${hash}`));
  expect(() => template.assetFolder('x:latest')).toThrow('x:latest does not name an asset');
});
