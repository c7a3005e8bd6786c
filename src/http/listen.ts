/** A server that listens, and the graceful end of it. */
import type { AddressInfo } from 'node:net';
import { NodeyardError } from '../errors.js';
import type { Api } from './types.js';

export interface Listening {
  /** `http://127.0.0.1:7422`, with the port that was really taken. */
  readonly url: string;
  /** Ends what lasts, lets requests at work end, and after the grace cuts them off. */
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly graceMs: number;
  /** What `closing` of the parts belongs to. */
  readonly closing: AbortController;
}

/** Throws CONFIG_INVALID when the address cannot be had; `isTaken` tells whether somebody else has it. */
export async function listen(api: Api, { host, port, graceMs, closing }: ListenOptions): Promise<Listening> {
  try {
    await api.listen({ host, port });
  } catch (error) {
    await api.close();
    throw notListening(`${host}:${port}`, error);
  }
  const taken = api.server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    closing.abort();
    const grace = setTimeout(() => api.server.closeAllConnections(), graceMs);
    try {
      await api.close();
    } finally {
      clearTimeout(grace);
    }
  };
  return {
    url: `http://${name}:${taken.port}`,
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

function notListening(place: string, cause: unknown): NodeyardError {
  const { code } = cause as NodeJS.ErrnoException;
  const why = code === 'EADDRINUSE' ? 'something else listens there' : String(code ?? cause);
  return new NodeyardError(
    'CONFIG_INVALID',
    `the API cannot listen at ${place}: ${why}. Choose another address with api.listen (NODEYARD_API_LISTEN)`,
    { field: 'api.listen', cause },
  );
}

export const isTaken = (error: unknown): boolean =>
  error instanceof NodeyardError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EADDRINUSE';
