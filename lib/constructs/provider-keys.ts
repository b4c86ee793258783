import { RemovalPolicy, SecretValue, Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Settings } from '#contracts/settings.ts';
import { encryptSecret } from './encrypt.ts';

export interface ProviderKeysProps {
  readonly settings: Settings;
}

/** One secret for the keys of all model providers: a JSON document, because each secret costs 0.40 USD a month. */
export class ProviderKeys extends Construct {
  readonly secret: Secret;

  constructor(scope: Construct, id: string, props: ProviderKeysProps) {
    super(scope, id);
    this.secret = new Secret(this, 'Secret', {
      description: 'Keys of the model providers as one JSON document; `muster keys set PROVIDER` fills it',
      // An empty document, no secret. CloudFormation writes it once: as the template never changes here, a later
      // deployment leaves the keys alone.
      secretStringValue: SecretValue.unsafePlainText('{}'),
      removalPolicy: props.settings.profile === 'prod' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    encryptSecret(this.secret, props.settings);
    Validations.of(this.secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'The keys belong to other companies, whose consoles issue them; AWS cannot rotate them.',
    });
  }
}
