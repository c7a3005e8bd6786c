/** STS as its SDKs speak to it: AssumeRole in the Query protocol (docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html). */

import { CloudRefusal } from '../errors.js';
import type { AssumeRoleInput, AssumeRoleOutput } from '../sessions.js';
import { element, escaped } from './shapes.js';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';
const TAKES = ['RoleArn', 'RoleSessionName', 'ExternalId'] as const;

/** Throws a refusal for whatever else STS can do. */
export function assumeRoleInput(
  action: string,
  parameters: Readonly<Record<string, string>>,
): AssumeRoleInput {
  if (action !== 'AssumeRole') {
    throw new CloudRefusal('InvalidAction', `Could not find operation ${action} for version 2011-06-15`);
  }
  const ignored = Object.keys(parameters).find((name) => !TAKES.some((known) => known === name));
  if (ignored !== undefined) {
    throw new CloudRefusal('UnsupportedOperation', `This cloud does not simulate ${ignored} of AssumeRole.`);
  }
  const { RoleArn, RoleSessionName, ExternalId } = parameters;
  if (RoleArn === undefined || RoleSessionName === undefined) {
    throw new CloudRefusal('ValidationError', 'RoleArn and RoleSessionName must not be null');
  }
  return { RoleArn, RoleSessionName, ...(ExternalId === undefined ? {} : { ExternalId }) };
}

export function assumeRoleAnswer(output: Readonly<Record<string, unknown>>, requestId: string): string {
  const { Credentials, AssumedRoleUser } = output as unknown as AssumeRoleOutput;
  const result = element(
    'AssumeRoleResult',
    element('Credentials', members(Credentials)) + element('AssumedRoleUser', members(AssumedRoleUser)),
  );
  const metadata = element('ResponseMetadata', element('RequestId', requestId));
  return `<AssumeRoleResponse xmlns="${NAMESPACE}">${result}${metadata}</AssumeRoleResponse>`;
}

/** Other than EC2’s. */
export function refusal(code: string, message: string, requestId: string): string {
  const error =
    element('Type', 'Sender') + element('Code', escaped(code)) + element('Message', escaped(message));
  return `<ErrorResponse xmlns="${NAMESPACE}">${element('Error', error)}${element('RequestId', requestId)}</ErrorResponse>`;
}

const members = (values: object): string =>
  Object.entries(values)
    .map(([name, value]) => element(name, escaped(String(value))))
    .join('');
