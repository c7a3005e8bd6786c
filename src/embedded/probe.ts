/** Questions to a Redis over its unix socket, without a client: is it there, and when does it go away? */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A server that accepts but does not answer in this time is not counted as alive. */
const PATIENCE_MS = 2_000;

/**
 * Opens a connection that has answered a PING; undefined when nobody answers, or the server still loads its data.
 * Its `close` event tells when the server went away. It does not keep the process alive.
 */
export async function connectTo(socketPath: string): Promise<Socket | undefined> {
  const socket = connect(socketPath);
  // Before `data` an error is the answer "nobody"; afterwards `close` follows it.
  socket.on('error', () => undefined);
  const patience = AbortSignal.timeout(PATIENCE_MS);
  try {
    socket.write('PING\r\n');
    const [answer] = (await Promise.race([
      once(socket, 'data', { signal: patience }),
      once(socket, 'close', { signal: patience }).then(() => ['']),
    ])) as [Buffer | string];
    if (!String(answer).startsWith('+PONG')) throw new Error('no PONG');
    socket.resume();
    socket.unref();
    return socket;
  } catch {
    socket.destroy();
    return undefined;
  }
}
