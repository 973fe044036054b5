/** What a power cut may do to an SQLite database in WAL mode whose commits are synced (file format sections 1 and 4). Pure. */

const walHeaderBytes = 32;
const frameHeaderBytes = 24;

/** Where the last commit in a write-ahead log ends; behind it nothing was promised. */
function committedEnd(wal: Buffer): number {
  if (wal.length < walHeaderBytes) return 0;
  const pageBytes = wal.readUInt32BE(8);
  const salts = wal.subarray(16, 24);
  let end = 0;
  for (
    let at = walHeaderBytes;
    at + frameHeaderBytes + pageBytes <= wal.length;
    at += frameHeaderBytes + pageBytes
  ) {
    // A frame of an earlier round through the file has other salts.
    if (!wal.subarray(at + 8, at + 16).equals(salts)) break;
    const isCommit = wal.readUInt32BE(at + 4) !== 0;
    if (isCommit) end = at + frameHeaderBytes + pageBytes;
  }
  return end;
}

/**
 * A database whose checkpoint was under way: pages that the log has may be anything in the file. Behind the last commit
 * the log may be anything too.
 *
 * @param random uniform in [0, 1)
 */
export function tornDatabase(
  files: { readonly database: Buffer; readonly wal: Buffer },
  random: () => number,
): { database: Buffer; wal: Buffer } {
  const database = Buffer.from(files.database);
  const end = committedEnd(files.wal);
  const rubbish = Buffer.from(
    Array.from({ length: Math.floor(random() * 9_000) }, () => Math.floor(random() * 256)),
  );
  const wal = Buffer.concat([
    files.wal.subarray(0, Math.max(end, Math.min(walHeaderBytes, files.wal.length))),
    rubbish,
  ]);
  const pageBytes = end > 0 ? files.wal.readUInt32BE(8) : 0;
  for (let at = walHeaderBytes; at < end; at += frameHeaderBytes + pageBytes) {
    const start = (files.wal.readUInt32BE(at) - 1) * pageBytes;
    if (start + pageBytes > database.length || random() < 0.5) continue;
    for (let place = start; place < start + pageBytes; place += 8) database.writeDoubleBE(random(), place);
  }
  return { database, wal };
}
