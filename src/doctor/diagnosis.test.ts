import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clockFinding,
  dataFolderFinding,
  descriptorFinding,
  type Finding,
  rootFinding,
  setAsideFinding,
  type Verdict,
  worst,
} from './diagnosis.ts';

const folder = '/srv';
const gb = 1e9;

const cases: readonly { name: string; finding: Finding; verdict: Verdict; detail: RegExp }[] = [
  {
    name: 'a data folder with room',
    finding: dataFolderFinding({ folder, freeBytes: 20 * gb, totalBytes: 100 * gb }, undefined),
    verdict: 'good',
    detail: /20\.0 GB/,
  },
  {
    name: 'a data folder that may not be written',
    finding: dataFolderFinding({ folder, fault: 'it may not be written' }, undefined),
    verdict: 'bad',
    detail: /may not be written/,
  },
  {
    name: 'a data folder on a share',
    finding: dataFolderFinding({ folder, freeBytes: 20 * gb }, 'NFS'),
    verdict: 'bad',
    detail: /network share \(NFS\)/,
  },
  {
    name: 'a data folder with little room',
    finding: dataFolderFinding({ folder, freeBytes: 0.5 * gb }, undefined),
    verdict: 'warning',
    detail: /500\.0 MB/,
  },
  {
    name: 'a full disk',
    finding: dataFolderFinding({ folder, freeBytes: 1_000 }, undefined),
    verdict: 'bad',
    detail: /, 1\.0 kB free/,
  },
  {
    name: 'a root with room',
    finding: rootFinding({ name: 'default', folder, freeBytes: 20 * gb, totalBytes: 100 * gb }, 5 * gb),
    verdict: 'good',
    detail: /20\.0 GB of 100\.0 GB free/,
  },
  {
    name: 'a root with less than is to stay free',
    finding: rootFinding({ name: 'default', folder, freeBytes: 2 * gb }, 5 * gb),
    verdict: 'warning',
    detail: /2\.0 GB/,
  },
  {
    name: 'a root without its marker',
    finding: rootFinding({ name: 'b', folder, freeBytes: 20 * gb, markerFault: 'it has no marker' }, 0),
    verdict: 'bad',
    detail: /no marker/,
  },
  {
    name: 'a root that is not there',
    finding: rootFinding({ name: 'b', folder, fault: 'it is not there' }, 0),
    verdict: 'bad',
    detail: /not there/,
  },
  {
    name: 'a root whose disk does not say how full it is',
    finding: rootFinding({ name: 'b', folder }, 0),
    verdict: 'warning',
    detail: /not known/,
  },
  { name: 'a clock that is right', finding: clockFinding('synchronised'), verdict: 'good', detail: /right/ },
  {
    name: 'a clock that nothing keeps',
    finding: clockFinding('unsynchronised'),
    verdict: 'bad',
    detail: /nothing/,
  },
  {
    name: 'a clock of which nobody knows',
    finding: clockFinding('unknown'),
    verdict: 'warning',
    detail: /nobody/,
  },
  { name: 'enough open files', finding: descriptorFinding(1_024, 16), verdict: 'good', detail: /16 streams/ },
  {
    name: 'enough open files for one',
    finding: descriptorFinding(1_024, 1),
    verdict: 'good',
    detail: /1 stream$/,
  },
  { name: 'too few open files', finding: descriptorFinding(256, 16), verdict: 'bad', detail: /256 allowed/ },
  {
    name: 'an unknown limit',
    finding: descriptorFinding(undefined, 1),
    verdict: 'warning',
    detail: /not known/,
  },
];

for (const { name, finding, verdict, detail } of cases) {
  test(`the doctor finds ${name} ${verdict}`, () => {
    assert.equal(finding.verdict, verdict);
    assert.match(finding.detail, detail);
    if (verdict === 'bad') assert.ok(finding.advice, 'what is bad has advice');
  });
}

test('what was set aside is a warning, and nothing when there is nothing', () => {
  assert.equal(setAsideFinding('default', { files: 0, bytes: 0 }), undefined);
  const { verdict, detail } = setAsideFinding('default', { files: 1, bytes: 2_500_000 })!;
  assert.equal(verdict, 'warning');
  assert.match(detail, /^1 file with 2\.5 MB set aside by recovery/);
});

test('the worst finding counts', () => {
  const of = (...verdicts: Verdict[]) =>
    worst(verdicts.map((verdict) => ({ check: '', verdict, detail: '' })));
  assert.deepEqual(
    [of(), of('good'), of('good', 'warning'), of('warning', 'bad', 'good')],
    ['good', 'good', 'warning', 'bad'],
  );
});
