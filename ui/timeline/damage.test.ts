import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clipDamage, type Damage, damagesAt, damageWords, joinDamages } from './damage.ts';

const damage = (startMs: number, endMs: number, media: Damage['media'] = 'video'): Damage => {
  return { startMs, endMs, media, packetsLost: 12, unitsDropped: 1 };
};

test('a damage that two windows have a part of is one, with the counts that both have', () => {
  const parts = [damage(50, 80), damage(10, 50), damage(20, 30, 'audio'), damage(90, 95)];
  assert.deepEqual(joinDamages(parts), [damage(10, 80), damage(20, 30, 'audio'), damage(90, 95)]);
});

test('a damage is clipped to the window', () => {
  assert.deepEqual(clipDamage(damage(10, 50), 20, 30), damage(20, 30));
  assert.equal(clipDamage(damage(10, 50), 50, 60), undefined);
});

test('a damage that is narrower than the pointer is found beside it', () => {
  const all = [damage(100, 101), damage(200, 300, 'audio')];
  assert.deepEqual(damagesAt(all, 102, 2), [all[0]]);
  assert.deepEqual(damagesAt(all, 103, 2), []);
  assert.deepEqual(damagesAt(all, 250, 0), [all[1]]);
});

test('words tell what is damaged and by how much', () => {
  assert.equal(
    damageWords(damage(1, 2)),
    'Picture damaged up to the next key frame: at least 1 picture missing, 12 packets lost',
  );
  assert.equal(
    damageWords({ ...damage(1, 2, 'audio'), packetsLost: 0, unitsDropped: 1_200 }),
    'Sound damaged: at least 1,200 pieces missing',
  );
});
