import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkShare } from './network_share.ts';

test('network shares are told from local disks', () => {
  assert.deepEqual([0x6969, 0x517b, 0xfe534d42, 0xff534d42, 0xff534d42 | 0].map(networkShare), [
    'NFS',
    'SMB',
    'SMB',
    'CIFS',
    'CIFS',
  ]);
  assert.deepEqual([0x5346414f, 0x6b414653, 0x00c36400, 0x73757245, 0x01021997].map(networkShare), [
    'AFS',
    'AFS',
    'Ceph',
    'Coda',
    '9P',
  ]);
  const ext4 = 0xef53;
  const [btrfs, tmpfs] = [0x9123683e, 0x01021994];
  assert.deepEqual([ext4, btrfs, tmpfs].map(networkShare), [undefined, undefined, undefined]);
});
