/** The files of a local node. Every name begins with the token, so that its end removes these and nothing else. */
import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * @typedef {object} LocalFiles
 * @property {string} directory
 * @property {string} ended Its presence tells a late starter or server to give up.
 * @property {(start: string) => string} facts What the server says about itself: address, port and pid.
 * @property {string} log Output of the server.
 */

/**
 * @param {string} directory
 * @param {string} token
 * @returns {LocalFiles}
 */
export function localFiles(directory, token) {
  if (!isAbsolute(directory)) throw new Error('the directory of a local node must be absolute');
  return {
    directory,
    ended: join(directory, `${identifier(token)}.ended`),
    facts: (start) => join(directory, `${token}.${identifier(start)}.json`),
    log: join(directory, `${token}.log`),
  };
}

/**
 * A reader sees the whole file or none.
 * @param {string} path
 * @param {string} text
 */
export function writeWhole(path, text) {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** @param {string} directory */
export function makeDirectory(directory) {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
}

/**
 * Removes the files of a token, and the directory when nothing else is in it.
 * @param {string} directory
 * @param {string} token
 */
export function removeFiles(directory, token) {
  const prefix = `${identifier(token)}.`;
  for (const name of readdirSync(directory).filter((file) => file.startsWith(prefix))) {
    rmSync(join(directory, name), { force: true });
  }
  try {
    rmdirSync(directory);
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOENT') throw error;
  }
}

/**
 * Tokens come from Terraform’s state, which people may edit: they become file names only as UUIDs.
 * @param {string} text
 */
function identifier(text) {
  if (!UUID.test(text)) throw new Error('the token of a local node must be a UUID');
  return text;
}
