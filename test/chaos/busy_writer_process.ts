/**
 * Writes megabytes into a file and syncs each, again and again, until its parent ends:
 *
 *     fork('busy_writer_process.ts', [folder])
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';

/** As much as a few cameras write in a second. */
const bytesAtOnce = 4 * 1024 * 1024;
const fileBytes = 64 * 1024 * 1024;

process.on('disconnect', () => process.exit(0));
const [folder] = process.argv.slice(2);
const bytes = Buffer.alloc(bytesAtOnce, 'busy');
const file = openSync(path.join(folder!, `busy-${process.pid}`), 'w');
process.on('exit', () => closeSync(file));

function write(position: number): void {
  writeSync(file, bytes, 0, bytes.length, position);
  fsyncSync(file);
  setImmediate(write, (position + bytesAtOnce) % fileBytes);
}
write(0);
