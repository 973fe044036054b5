import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxProfiles, type ProfileSettings, proposeProfiles, readProfiles } from './media_profile.ts';
import { readXml } from './xml_document.ts';

const encoder = (name: string, codec: string, size: string) =>
  `<${name} token="v"><Encoding>${codec}</Encoding><Resolution>${size}</Resolution><RateControl><FrameRateLimit>25</FrameRateLimit><BitrateLimit>4096</BitrateLimit></RateControl></${name}>`;
const hd = '<Width>1920</Width><Height>1080</Height>';
const body = (profiles: string) =>
  readXml(`<Body><GetProfilesResponse>${profiles}</GetProfilesResponse></Body>`);

const expected: ProfileSettings = {
  token: 'p1',
  name: 'Main',
  source: 'lens',
  codec: 'H264',
  width: 1920,
  height: 1080,
  framesPerSecond: 25,
  bitsPerSecond: 4_096_000,
  audio: 'G711',
};
const source = (name: string) => `<${name}><SourceToken>lens</SourceToken></${name}>`;
const audio = (name: string) => `<${name}><Encoding>G711</Encoding></${name}>`;

test('O9: a profile of the older media service is read', () => {
  const profile = `<Profiles token="p1"><Name>Main</Name>${source('VideoSourceConfiguration')}${encoder('VideoEncoderConfiguration', 'H264', hd)}${audio('AudioEncoderConfiguration')}</Profiles>`;
  assert.deepEqual(readProfiles(body(profile)), [expected]);
});

test('O9: a profile of the newer media service is read', () => {
  const profile = `<Profiles token="p1"><Name>Main</Name><Configurations>${source('VideoSource')}${encoder('VideoEncoder', 'h.264', hd)}${audio('AudioEncoder')}</Configurations></Profiles>`;
  assert.deepEqual(readProfiles(body(profile)), [expected]);
});

test('figures that are none are left out, and so are profiles without token or video', () => {
  const odd = encoder('VideoEncoderConfiguration', 'HEVC', '<Width>-1</Width><Height>1e3</Height>');
  const profiles = `<Profiles token="a"><Name/>${odd}</Profiles><Profiles>${odd}</Profiles><Profiles token="c"/><Profiles token="d&#10;">${odd}</Profiles>`;
  assert.deepEqual(readProfiles(body(profiles)), [
    { token: 'a', name: 'a', source: '', codec: 'H265', framesPerSecond: 25, bitsPerSecond: 4_096_000 },
  ]);
});

test('no more profiles are read than a large recorder has', () => {
  const profile = `<Profiles token="a">${encoder('VideoEncoderConfiguration', 'H264', hd)}</Profiles>`;
  assert.equal(readProfiles(body(profile.repeat(500))).length, maxProfiles);
});

const profile = (token: string, codec: string, width?: number, lens = 'lens'): ProfileSettings => ({
  token,
  name: token,
  source: lens,
  codec,
  ...(width !== undefined && { width, height: (width * 9) / 16 }),
});

const proposals: [
  name: string,
  profiles: ProfileSettings[],
  main: string | undefined,
  sub: string | undefined,
  notes?: RegExp[],
][] = [
  [
    'the largest and the smallest H.264',
    [profile('s', 'H264', 640), profile('l', 'H264', 1920), profile('m', 'H264', 1280)],
    'l',
    's',
  ],
  [
    'a sub stream is at least 320 wide',
    [profile('l', 'H264', 1920), profile('tiny', 'H264', 176), profile('s', 'H264', 320)],
    'l',
    's',
  ],
  [
    'a tiny one is better no sub stream',
    [profile('l', 'H264', 1920), profile('tiny', 'H264', 176)],
    'l',
    undefined,
  ],
  [
    'two of one size are no main and sub',
    [profile('a', 'H264', 1280), profile('b', 'H264', 1280)],
    'a',
    undefined,
  ],
  [
    'H.264 comes before a larger H.265, with a word',
    [profile('h', 'H265', 3840), profile('l', 'H264', 1280)],
    'l',
    undefined,
    [/larger picture of profile h is H\.265/],
  ],
  [
    'H.265 where there is nothing else, with a word',
    [profile('h', 'H265', 3840), profile('i', 'H265', 640), profile('j', 'JPEG', 640)],
    'h',
    undefined,
    [/many browsers/],
  ],
  ['JPEG alone is not proposed', [profile('j', 'JPEG', 640)], undefined, undefined],
  ['nothing from nothing', [], undefined, undefined],
  [
    'main and sub show the same lens',
    [
      profile('a', 'H264', 1280, '1'),
      profile('b', 'H264', 640, '2'),
      profile('c', 'H264', 704, '1'),
      profile('d', 'H264', 1920, '2'),
    ],
    'a',
    'c',
    [/2 pictures/],
  ],
  [
    'sizes that are not known count as smallest',
    [profile('x', 'H264'), profile('y', 'H264', 640)],
    'y',
    undefined,
  ],
];
for (const [name, profiles, main, sub, notes = []] of proposals) {
  test(`proposed: ${name}`, () => {
    const proposal = proposeProfiles(profiles);
    assert.deepEqual([proposal.main?.token, proposal.sub?.token], [main, sub]);
    assert.equal(proposal.notes.length, notes.length, proposal.notes.join('\n'));
    for (const [at, note] of notes.entries()) assert.match(proposal.notes[at]!, note);
  });
}
