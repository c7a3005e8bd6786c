/** Where something listens, as people write it: `127.0.0.1:9464`, `:9464`, `9464`, `[::1]:0`. */
import { z } from 'zod';

export interface ListenAddress {
  readonly host: string;
  /** 0 = any that is free. */
  readonly port: number;
}

const FORM = /^(?:(?<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+)?:)?(?<port>\d{1,5})$/i;
const LAST_PORT = 65_535;
const LOOPBACK = '127.0.0.1';

/** Read as an address. Without a host it is this machine’s own, which nobody else can reach. */
export function listenAddress() {
  const error = `must be host:port or a port, from 0 (any that is free) to ${LAST_PORT}`;
  return z.union([z.string(), z.number()], { error }).transform((place, context): ListenAddress => {
    const { host, port } = FORM.exec(String(place).trim())?.groups ?? {};
    if (port !== undefined && Number(port) <= LAST_PORT) {
      return { host: (host ?? LOOPBACK).replace(/^\[|\]$/g, ''), port: Number(port) };
    }
    context.issues.push({ code: 'custom', message: error, input: place });
    return z.NEVER;
  });
}
