import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Settings } from '#contracts/settings.ts';
import { encryptSecret } from './encrypt.ts';

export interface WebhookSecretProps {
  readonly settings: Settings;
}

/**
 * What the signing secrets of all projects are derived from. A secret of its own, although each costs 0.40 USD a
 * month: whoever signs must not be able to read the keys of the model providers.
 */
export class WebhookSecret extends Construct {
  readonly secret: Secret;

  constructor(scope: Construct, id: string, props: WebhookSecretProps) {
    super(scope, id);
    this.secret = new Secret(this, 'Secret', {
      description:
        'Master of the secrets that webhooks are signed by; made once, rotated by the projects’ versions',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: props.settings.profile === 'prod' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    encryptSecret(this.secret, props.settings);
    Validations.of(this.secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'A new master would break every receiver at once; each project rotates its own secret, with an overlap.',
    });
  }
}
