/**
 * Finding and ending processes by an argument that only ours carry. A process is never ended by its id alone: ids are
 * used again, and what runs under one may be somebody else’s.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const GRACE_MS = 3_000;
const KILL_WAIT_MS = 5_000;
const POLL_MS = 20;

/** @param {string} token */
export const tokenArgument = (token) => `--nodeyard-token=${token}`;

/**
 * Ids of the living processes, this one excepted, that have exactly this argument.
 * @param {string} argument
 * @returns {number[]}
 */
export function processesWith(argument) {
  return allProcesses().filter((pid) => pid !== process.pid && carries(pid, argument));
}

/**
 * Ends every process that has this argument, also one that appears meanwhile: TERM, a grace, KILL. None there is success.
 * @param {string} argument
 * @returns {Promise<void>}
 */
export async function endProcessesWith(argument) {
  for (let found = processesWith(argument); found.length > 0; found = processesWith(argument)) {
    signal(found, argument, 'SIGTERM');
    if (await gone(found, argument, GRACE_MS)) continue;
    signal(found, argument, 'SIGKILL');
    if (!(await gone(found, argument, KILL_WAIT_MS))) {
      throw new Error(`process ${found.join(', ')} does not end, not even by KILL`);
    }
  }
}

/**
 * The signal goes only to what still carries the argument at this moment.
 * @param {number[]} pids
 * @param {string} argument
 * @param {NodeJS.Signals} name
 */
function signal(pids, argument, name) {
  for (const pid of pids) {
    if (!carries(pid, argument)) continue;
    try {
      process.kill(pid, name);
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
    }
  }
}

/**
 * @param {number[]} pids
 * @param {string} argument
 * @param {number} limitMs
 */
async function gone(pids, argument, limitMs) {
  // There is no event for the end of a process that is not a child.
  for (let waited = 0; waited <= limitMs; waited += POLL_MS) {
    if (!pids.some((pid) => carries(pid, argument))) return true;
    await delay(POLL_MS);
  }
  return false;
}

/** @returns {number[]} */
function allProcesses() {
  if (process.platform === 'linux') {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  }
  return execFileSync('ps', ['-axo', 'pid='], { encoding: 'utf8' }).split('\n').filter(Boolean).map(Number);
}

/**
 * A zombie has no arguments and counts as gone.
 * @param {number} pid
 * @param {string} argument
 */
function carries(pid, argument) {
  try {
    if (process.platform === 'linux') return argumentsOf(pid).includes(argument);
    const line = execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return `${line.trimEnd()} `.includes(` ${argument} `);
  } catch {
    return false;
  }
}

/**
 * The arguments of every living process, this one excepted. Where the system does not tell them apart, a blank ends one.
 * @returns {string[][]}
 */
export function argumentsOfAll() {
  if (process.platform === 'linux') {
    return allProcesses()
      .filter((pid) => pid !== process.pid)
      .map((pid) => {
        try {
          return argumentsOf(pid);
        } catch {
          return [];
        }
      });
  }
  const lines = execFileSync('ps', ['-axww', '-o', 'command='], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  return lines.split('\n').map((line) => line.trim().split(/ +/));
}

/** @param {number} pid */
function argumentsOf(pid) {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
}
