import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type IntrinsicScope, referencesOf, resolve } from './intrinsics.ts';
import { asObject, type JsonObject, parseJson } from './json.ts';

export interface TemplateResource {
  logicalId: string;
  type: string;
  /** As written in the template: intrinsics are not resolved yet. */
  properties: JsonObject;
  dependsOn: string[];
}

/** What a resource became: the value of `Ref`, and of each `Fn::GetAtt`. */
export interface PhysicalResource {
  ref: string;
  attributes: Record<string, string>;
  /** Answers attributes that are not listed; without it they are an error. */
  otherAttribute?: (name: string) => string;
}

export interface TemplateOptions {
  assemblyDir: string;
  region: string;
  accountId: string;
  rewrite?: (text: string) => string;
}

export interface Template {
  stackName: string;
  /** In an order in which each resource follows those it refers to. */
  resources: TemplateResource[];
  setPhysical(logicalId: string, physical: PhysicalResource): void;
  /** Throws an error that names the resource, the intrinsic and what is missing. */
  properties(resource: TemplateResource): JsonObject;
  outputs(): Record<string, string>;
  /** The staged folder that an S3 key or an image URI points to by its hash. */
  assetFolder(reference: string): string;
  /** Deterministic, so that data survive a restart. */
  physicalName(logicalId: string): string;
}

interface Assembly {
  stackName: string;
  template: JsonObject;
  folders: Map<string, string>;
}

function readJson(path: string): JsonObject {
  try {
    return asObject(parseJson(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new Error(`Cannot read ${path}. Is it a cloud assembly (the output of cdk synth)?`, { cause });
  }
}

function assetFolders(dir: string, assets: JsonObject): Map<string, string> {
  const folders = new Map<string, string>();
  for (const [hash, entry] of Object.entries({
    ...asObject(assets.files),
    ...asObject(assets.dockerImages),
  })) {
    const source = asObject(asObject(entry).source);
    const path = source.path ?? source.directory;
    if (typeof path === 'string') folders.set(hash, join(dir, path));
  }
  return folders;
}

function readAssembly(dir: string): Assembly {
  const artifacts = asObject(readJson(join(dir, 'manifest.json')).artifacts);
  const stacks = Object.entries(artifacts).filter(([, a]) => asObject(a).type === 'aws:cloudformation:stack');
  const [name, artifact] = stacks[0] ?? [];
  if (name === undefined || stacks.length !== 1) {
    throw new Error(
      `The local cloud runs one stack; ${dir} has ${stacks.map(([id]) => id).join(', ') || 'none'}`,
    );
  }
  const properties = asObject(asObject(artifact).properties);
  const stackName = typeof properties.stackName === 'string' ? properties.stackName : name;
  return {
    stackName,
    template: readJson(join(dir, String(properties.templateFile))),
    folders: assetFolders(dir, readJson(join(dir, `${name}.assets.json`))),
  };
}

function dependenciesOf(entry: JsonObject): string[] {
  const explicit = entry.DependsOn === undefined ? [] : [entry.DependsOn].flat();
  return [...explicit.map(String), ...referencesOf(entry.Properties)];
}

function inDependencyOrder(resources: TemplateResource[]): TemplateResource[] {
  const byId = new Map(resources.map((resource) => [resource.logicalId, resource]));
  const state = new Map<string, 'open' | 'done'>();
  const ordered: TemplateResource[] = [];
  const visit = (resource: TemplateResource, trail: string[]): void => {
    if (state.get(resource.logicalId) === 'done') return;
    const path = [...trail, resource.logicalId];
    if (state.get(resource.logicalId) === 'open')
      throw new Error(`The template has a circle: ${path.join(' → ')}`);
    state.set(resource.logicalId, 'open');
    for (const id of resource.dependsOn) {
      const dependency = byId.get(id);
      if (dependency) visit(dependency, path);
    }
    state.set(resource.logicalId, 'done');
    ordered.push(resource);
  };
  for (const resource of resources) visit(resource, []);
  return ordered;
}

/** Reads a cloud assembly of one stack and resolves its intrinsics as its resources come to be. */
export function readTemplate(options: TemplateOptions): Template {
  const { region, accountId } = options;
  const { stackName, template, folders } = readAssembly(options.assemblyDir);
  const physical = new Map<string, PhysicalResource>();
  const pseudo: Record<string, string> = {
    'AWS::Region': region,
    'AWS::AccountId': accountId,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': stackName,
    'AWS::StackId': `arn:aws:cloudformation:${region}:${accountId}:stack/${stackName}/local`,
  };

  const requirePhysical = (logicalId: string): PhysicalResource => {
    const found = physical.get(logicalId);
    if (!found) throw new Error(`${logicalId} is referred to, but the local cloud has not created it`);
    return found;
  };
  const scope: IntrinsicScope = {
    zones: ['a', 'b', 'c'].map((letter) => `${region}${letter}`),
    rewrite: options.rewrite ?? ((text) => text),
    ref(name) {
      return name === 'AWS::NoValue' ? undefined : (pseudo[name] ?? requirePhysical(name).ref);
    },
    attribute(logicalId, name) {
      const { attributes, otherAttribute } = requirePhysical(logicalId);
      const value = attributes[name] ?? otherAttribute?.(name);
      if (value === undefined) throw new Error(`Fn::GetAtt ${logicalId}.${name} is not known locally`);
      return value;
    },
  };

  const resources = Object.entries(asObject(template.Resources)).map(([logicalId, value]) => {
    const entry = asObject(value);
    if (entry.Condition !== undefined) throw new Error(`${logicalId}: conditions are not handled`);
    const [type, properties] = [String(entry.Type), asObject(entry.Properties)];
    return { logicalId, type, properties, dependsOn: dependenciesOf(entry) };
  });

  return {
    stackName,
    resources: inDependencyOrder(resources),
    setPhysical: (logicalId, value) => void physical.set(logicalId, value),
    properties(resource) {
      try {
        return asObject(resolve(resource.properties, scope));
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`${resource.type} ${resource.logicalId}: ${reason}`, { cause });
      }
    },
    outputs() {
      const outputs = Object.entries(asObject(template.Outputs));
      return Object.fromEntries(
        outputs.map(([name, output]) => [name, String(resolve(asObject(output).Value ?? '', scope) ?? '')]),
      );
    },
    assetFolder(reference) {
      const hash = /[0-9a-f]{64}/.exec(reference)?.[0] ?? '';
      const folder = folders.get(hash);
      if (!folder) throw new Error(`${reference} does not name an asset of the cloud assembly`);
      return folder;
    },
    physicalName: (logicalId) => `${stackName}-${logicalId}`,
  };
}
