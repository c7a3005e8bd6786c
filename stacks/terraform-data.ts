/** Terraform’s built-in `terraform_data`: a resource that needs no provider, no account and no download. */
import { TerraformResource } from 'cdktf';
import type { Construct } from 'constructs';

export interface TerraformDataConfig {
  /** Kept in the state and given back as `output`. */
  readonly input?: unknown;
  /** A change of this value replaces the resource. */
  readonly triggersReplace?: unknown;
  readonly dependsOn?: readonly TerraformResource[];
  /** Attributes whose later changes are not looked at; `['input']` freezes what the first apply saw. */
  readonly ignoreChanges?: readonly string[];
}

/** What `local-exec` takes. `interpreter` with a constant `command` starts a program without any shell. */
export interface LocalExec {
  readonly interpreter: readonly string[];
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly when?: 'create' | 'destroy';
}

export class TerraformData extends TerraformResource {
  readonly #input: unknown;
  readonly #triggersReplace: unknown;

  constructor(scope: Construct, id: string, config: TerraformDataConfig = {}) {
    super(scope, id, {
      terraformResourceType: 'terraform_data',
      ...(config.dependsOn === undefined ? {} : { dependsOn: [...config.dependsOn] }),
      ...(config.ignoreChanges === undefined
        ? {}
        : { lifecycle: { ignoreChanges: [...config.ignoreChanges] } }),
    });
    this.#input = config.input;
    this.#triggersReplace = config.triggersReplace;
  }

  /** A UUID that Terraform makes when it creates the resource. */
  get id(): string {
    return this.getStringAttribute('id');
  }

  /** Adds a program that runs when the resource is created, or, with `when: 'destroy'`, before it is destroyed. */
  addLocalExec(exec: LocalExec): void {
    // Written as an override: the CDK’s own `provisioners` would rename the keys of maps.
    this.addOverride('provisioner', [
      {
        'local-exec': {
          ...(exec.when === undefined ? {} : { when: exec.when }),
          interpreter: [...exec.interpreter],
          command: exec.command,
          environment: { ...exec.environment },
        },
      },
    ]);
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { input: this.#input, triggers_replace: this.#triggersReplace };
  }
}
