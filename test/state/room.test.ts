import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { requireRoom } from '../../src/state/room.js';

test('a directory with room is taken, and one without it refused before anything is written there', async () => {
  await requireRoom(tmpdir(), 1);
  await expect(requireRoom(tmpdir(), Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({
    code: 'DISK_FULL',
    message: expect.stringContaining(tmpdir()),
  });
});
