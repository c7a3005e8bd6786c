// Usage: unpack.mjs <sums> <archive> <member> <target>. Verifies the archive against the release's SHA256SUMS, then takes
// one program out of it. Node reads the zip itself, because bare machines have no unzip.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { inflateRawSync } from 'node:zlib';

const [sumsFile = '', archiveFile = '', member = '', target = ''] = process.argv.slice(2);
try {
  const archive = readFileSync(archiveFile);
  verify(archive, basename(archiveFile), readFileSync(sumsFile, 'utf8'));
  writeFileSync(target, extract(archive, member), { mode: 0o755, flag: 'wx' });
} catch (error) {
  console.error(`setup: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

/** @param {Buffer} archive @param {string} name @param {string} sums */
function verify(archive, name, sums) {
  const line = sums.split('\n').find((row) => row.trim().split(/\s+\*?/)[1] === name);
  if (line === undefined) throw new Error(`the checksums do not name ${name}`);
  const wanted = line.trim().toLowerCase().slice(0, 64);
  const found = createHash('sha256').update(archive).digest('hex');
  if (found !== wanted) throw new Error(`${name} has the checksum ${found}, but ${wanted} is wanted`);
}

/**
 * A zip is read from its end: the last record tells where the directory is, the directory where each member is.
 * @param {Buffer} zip @param {string} name
 */
function extract(zip, name) {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06'));
  if (end < 0) throw new Error(`${basename(archiveFile)} is no zip archive`);
  let entry = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const nameEnd = entry + 46 + zip.readUInt16LE(entry + 28);
    if (zip.toString('utf8', entry + 46, nameEnd) === name) return content(zip, entry);
    entry = nameEnd + zip.readUInt16LE(entry + 30) + zip.readUInt16LE(entry + 32);
  }
  throw new Error(`${basename(archiveFile)} does not hold ${name}`);
}

/** @param {Buffer} zip @param {number} entry Where the member’s entry in the directory begins. */
function content(zip, entry) {
  const method = zip.readUInt16LE(entry + 10);
  const size = zip.readUInt32LE(entry + 20);
  const header = zip.readUInt32LE(entry + 42);
  const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  const packed = zip.subarray(start, start + size);
  if (method === 0) return packed;
  if (method === 8) return inflateRawSync(packed);
  throw new Error(`${basename(archiveFile)} is compressed in an unknown way (${method})`);
}
