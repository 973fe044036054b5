import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordedSite } from '../../test/fixtures/recorded_site.ts';
import { countSetAside } from './set_aside_files.ts';

test('files that recovery set aside are counted with their bytes, and no others', async (context) => {
  const { recordingsDir, put } = recordedSite(context);
  put('1-0.mp4', Buffer.alloc(100));
  put('1-0.mp4.damaged', Buffer.alloc(20));
  put('1-0.mp4.2.damaged', Buffer.alloc(3));
  put('notes.damaged', Buffer.alloc(1));
  assert.deepEqual(await countSetAside(recordingsDir), { files: 2, bytes: 23 });
  assert.deepEqual(await countSetAside(`${recordingsDir}/none`), { files: 0, bytes: 0 });
});
