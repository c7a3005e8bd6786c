/** Times as people read them. */

export { age } from '../age.js';

/** `2026-01-02 03:04:05Z` */
export const timestamp = (at: number): string =>
  `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;

/** `03:04:05`, by the clock of this machine. */
export function clockTime(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

/** `950 ms`, `4.2 s`, `61 s` */
export function elapsed(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 1_000)} s`;
}

/** `512 B`, `14 KiB`, `2.4 GiB` */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10));
  const amount = count / 2 ** (10 * power);
  return `${power > 0 && amount < 10 ? amount.toFixed(1) : Math.floor(amount)} ${units[power]}`;
}
