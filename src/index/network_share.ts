/** Linux's names of file systems that are another machine's disk, by the type that `statfs` gives. */
const shares: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x73757245, 'Coda'],
  [0x01021997, '9P'],
]);

/**
 * The kind of network share that a file system is; undefined for one that SQLite can trust.
 *
 * @param type as `statfs` gives it, signed or not
 */
export function networkShare(type: number): string | undefined {
  return shares.get(type >>> 0);
}
