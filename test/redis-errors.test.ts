import { describe, expect, it } from 'vitest';
import { askRedis } from '../src/redis-errors.js';

const thrown = (error: unknown): Promise<unknown> =>
  askRedis('{nodeyard}:node:n', async () => {
    throw error;
  });

describe('askRedis', () => {
  it.each([
    ['ECONNREFUSED', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['a lost connection', new Error('Connection is closed.')],
    ['a command that timed out', new Error('Command timed out')],
    ['no retries left', Object.assign(new Error('Reached the max'), { name: 'MaxRetriesPerRequestError' })],
    ['a server that loads', new Error('LOADING Redis is loading the dataset in memory')],
    ['a replica', new Error('READONLY You can’t write against a read only replica.')],
    ['a full server', new Error("OOM command not allowed when used memory > 'maxmemory'.")],
    ['a server that wants a password', new Error('NOAUTH Authentication required.')],
  ])('calls %s REDIS_UNAVAILABLE, with the cause', async (_what, cause) => {
    await expect(thrown(cause)).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE', cause });
  });

  it('calls a key of another type unreadable and names it', async () => {
    await expect(thrown(new Error('ERR script: WRONGTYPE Operation'))).rejects.toMatchObject({
      code: 'RECORD_UNREADABLE',
      message: expect.stringContaining('{nodeyard}:node:n'),
    });
  });

  it('leaves alone what it does not know', async () => {
    const defect = new Error('ERR unknown command');
    await expect(thrown(defect)).rejects.toBe(defect);
    await expect(thrown('text')).rejects.toBe('text');
  });
});
