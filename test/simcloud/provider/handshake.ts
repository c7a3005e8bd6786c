/**
 * How a plugin of hashicorp/go-plugin introduces itself: one line on stdout with the protocol, the address and its
 * certificate. The parent’s certificate comes in the environment; each side accepts only the other.
 */

/** Says that the parent is Terraform and not a person at a terminal. */
export const COOKIE_VARIABLE = 'TF_PLUGIN_MAGIC_COOKIE';
export const CLIENT_CERTIFICATE_VARIABLE = 'PLUGIN_CLIENT_CERT';

const CORE_PROTOCOL = 1;
const TERRAFORM_PROTOCOL = 5;

export function handshakeLine(port: number, certificate: Buffer): string {
  // Go decodes it without padding.
  const encoded = certificate.toString('base64').replace(/=+$/, '');
  return `${CORE_PROTOCOL}|${TERRAFORM_PROTOCOL}|tcp|127.0.0.1:${port}|grpc|${encoded}\n`;
}
