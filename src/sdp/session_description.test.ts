import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NightjarError } from '../errors/nightjar_error.ts';
import {
  type MediaFormat,
  maximumFormats,
  maximumMedia,
  maximumParameters,
  parseSessionDescription,
} from './session_description.ts';

const video = ['m=video 0 RTP/AVP 96', 'a=control:trackID=0', 'a=rtpmap:96 H264/90000'];

const parse = (...lines: string[]) => parseSessionDescription(lines.join('\r\n'));

/** The format without its parameters, in the notation of `rtpmap`. */
const inShort = (format: MediaFormat) =>
  `${format.payloadType} ${format.encoding}/${format.clockRate}/${format.channels}`;

const formatsOf = (...lines: string[]) => parse(...lines).media.map(({ formats }) => formats.map(inShort));

test('a description with video and AAC is read', () => {
  const description = parse(
    'v=0',
    'o=- 1 1 IN IP4 192.168.1.10',
    's=Gate',
    't=0 0',
    'a=control:*',
    ...video,
    'a=fmtp:96 packetization-mode=1;profile-level-id=64001F;sprop-parameter-sets=Z2QAH6w=,aO48gA==',
    'a=sendonly',
    'm=audio 0 RTP/AVP 97',
    'a=control:trackID=1',
    'a=rtpmap:97 mpeg4-generic/16000/2',
    'a=fmtp:97 mode=AAC-hbr; config=1410; SizeLength=13',
  );
  assert.deepEqual(description, {
    control: '*',
    name: 'Gate',
    media: [
      {
        kind: 'video',
        control: 'trackID=0',
        formats: [
          {
            payloadType: 96,
            encoding: 'H264',
            clockRate: 90000,
            channels: 1,
            parameters: new Map([
              ['packetization-mode', '1'],
              ['profile-level-id', '64001F'],
              ['sprop-parameter-sets', 'Z2QAH6w=,aO48gA=='],
            ]),
          },
        ],
        direction: 'sendonly',
      },
      {
        kind: 'audio',
        control: 'trackID=1',
        formats: [
          {
            payloadType: 97,
            encoding: 'MPEG4-GENERIC',
            clockRate: 16000,
            channels: 2,
            parameters: new Map([
              ['mode', 'AAC-hbr'],
              ['config', '1410'],
              ['sizelength', '13'],
            ]),
          },
        ],
      },
    ],
    ignored: [],
  });
});

const usable: readonly [name: string, lines: readonly string[]][] = [
  ['S5: missing v=, o=, s= and t= lines', video],
  [
    'S6: lines out of order',
    ['t=0 0', 's=x', 'a=range:npt=now-', 'v=0', ...video, 'o=- 0 0 IN IP4 0.0.0.0', 'c=IN IP4 0.0.0.0'],
  ],
  [
    'S7: a time of now-, a hexadecimal session id and addresses without their type',
    ['o=- 0xdeadbeef 1 IN IP IP4 x', 't=now-', 'c=IN 192.168.1.10', ...video],
  ],
  [
    'S8: a payload type that is no number costs only its medium',
    [...video, 'm=application/TP-LINK 0 RTP/AVP smart/1/90000', 'a=rtpmap:95 TP-LINK/90000'],
  ],
  ['S8: the same with a known kind of media', ['m=application 0 RTP/AVP smart', ...video]],
  [
    'S9: an unknown kind of media costs only itself',
    ['m=vana 0 RTP/AVP 35', 'a=control:trackID=9', ...video],
  ],
  [
    'S10: trailing blanks and tabs',
    ['m=video 0 RTP/AVP 96 \t', 'a=control:trackID=0 ', 'a=rtpmap:96 H264/90000 \t'],
  ],
  ['S11: an empty fmtp', [...video, 'a=fmtp:96', 'a=fmtp:96 ']],
  [
    'S14: duplicate attributes and a strange frame rate',
    [...video, 'a=framerate:0S', 'a=rtpmap:96 JPEG/90000', 'a=control:other'],
  ],
];

for (const [name, lines] of usable) {
  test(name, () => {
    const description = parse(...lines);
    const found = description.media.find(({ kind }) => kind === 'video');
    assert.equal(found?.control, 'trackID=0');
    assert.deepEqual(found.formats.map(inShort), ['96 H264/90000/1']);
    assert.equal(description.media.length, 1);
  });
}

test('S8: what was dropped is listed with its reason', () => {
  assert.deepEqual(parse('m=application 0 RTP/AVP smart', ...video).ignored, [
    { line: 'm=application 0 RTP/AVP smart', reason: 'a payload type that is no number from 0 to 127' },
  ]);
});

test('S12: formats without rtpmap are known by their static payload type', () => {
  assert.deepEqual(formatsOf('m=video 0 RTP/AVP 26', 'm=audio 0 RTP/AVP 0 8'), [
    ['26 JPEG/90000/1'],
    ['0 PCMU/8000/1', '8 PCMA/8000/1'],
  ]);
});

test('S13: rtpmap wins over a static payload type', () => {
  assert.deepEqual(formatsOf('m=video 0 RTP/AVP 35 26', 'a=rtpmap:26 H264/90000'), [['26 H264/90000/1']]);
});

test('S23: L16 that is called PCM has the rate of its rtpmap, and G.711 that is called G.723.1 is told by its payload type', () => {
  const medium = (line: string) => [`m=audio 0 RTP/AVP ${line.split(' ')[0]}`, `a=rtpmap:${line}`];
  for (const [described, sent] of [
    ['11 PCM/48000', '11 L16/48000/1'],
    ['10 PCM/44100/2', '10 L16/44100/2'],
    ['8 G723.1/8000', '8 PCMA/8000/1'],
    ['0 G723/8000', '0 PCMU/8000/1'],
    ['97 PCM/48000', '97 PCM/48000/1'],
    ['4 G723/8000', '4 G723/8000/1'],
  ] as const) {
    assert.deepEqual(formatsOf(...medium(described)), [[sent]]);
  }
});

test('G721, which RFC 3551 took back, is the payload type 2 without rtpmap', () => {
  assert.deepEqual(formatsOf('m=audio 0 RTP/AVP 2'), [['2 G721/8000/1']]);
});

test('S15: video, AAC and Opus may share a payload type, since each medium has its own', () => {
  const media = ['m=audio 0 RTP/AVP 96', 'a=rtpmap:96 OPUS/48000/2'];
  assert.deepEqual(formatsOf(...video, ...media), [['96 H264/90000/1'], ['96 OPUS/48000/2']]);
});

test('S16: parameters of video in an audio medium cost a format, not the medium', () => {
  const lines = ['m=audio 0 RTP/AVP 8 96 97', 'a=rtpmap:96 H264/90000', 'a=fmtp:99 packetization-mode=1'];
  assert.deepEqual(formatsOf(...video, ...lines), [['96 H264/90000/1'], ['8 PCMA/8000/1']]);
});

test('S16: AAC that is listed without its configuration is dropped beside what can be used', () => {
  const lines = ['m=audio 0 RTP/AVP 8 97', 'a=rtpmap:97 MPEG4-GENERIC/44100', 'a=fmtp:97 mode=AAC-hbr'];
  const description = parse(...video, ...lines);
  assert.deepEqual(description.media[1]?.formats.map(inShort), ['8 PCMA/8000/1']);
  assert.deepEqual(description.ignored, [
    { line: 'payload type 97 (MPEG4-GENERIC) of audio', reason: 'AAC without its configuration' },
  ]);
});

test('S17: keys in mixed case, blanks and trailing semicolons in fmtp are accepted', () => {
  const [media] = parse(
    ...video,
    'a=fmtp:96  Packetization-Mode = 1 ;; PROFILE-level-id=64001f ; flag;',
  ).media;
  assert.deepEqual(
    [...media!.formats[0]!.parameters],
    [
      ['packetization-mode', '1'],
      ['profile-level-id', '64001f'],
      ['flag', ''],
    ],
  );
});

for (const broken of [
  'MPEG4-GENERIC',
  'MPEG4-GENERIC/',
  'MPEG4-GENERIC/0',
  '/8000',
  'MPEG4-GENERIC/abc/2',
  '',
]) {
  test(`S18: an audio encoding of "${broken}" never costs the video`, () => {
    const description = parse(...video, 'm=audio 0 RTP/AVP 97', `a=rtpmap:97 ${broken}`);
    assert.deepEqual(
      description.media.map(({ formats }) => formats.length),
      [1, 0],
    );
  });
}

for (const sets of [
  '',
  'sprop-parameter-sets=',
  'sprop-parameter-sets=%%%,=',
  'sprop-parameter-sets=AAAAAWdkAB8=',
]) {
  test(`S19, S20, S21: the video stays with "${sets}", whose judgement is left to the codec`, () => {
    const [media] = parse(...video, `a=fmtp:96 packetization-mode=1;${sets}`).media;
    assert.equal(media?.formats.length, 1);
    assert.equal(media.formats[0]?.parameters.get('packetization-mode'), '1');
  });
}

test('S22: a medium is there whatever its direction says', () => {
  assert.equal(parse(...video, 'a=recvonly').media[0]?.direction, 'recvonly');
});

test('bare LF, a byte order mark, blank lines and a NUL at the end are accepted', () => {
  const description = parseSessionDescription(`\ufeffv=0\n\n${video.join('\n')}\n\0`);
  assert.deepEqual(
    description.media.map(({ formats }) => formats.length),
    [1],
  );
  assert.deepEqual(description.ignored, []);
});

for (const text of ['', 'v=0\r\ns=x\r\n', '<html>not found</html>', '\0\0\0']) {
  test(`${JSON.stringify(text)} describes nothing`, () => {
    assert.throws(
      () => parseSessionDescription(text),
      (error) => error instanceof NightjarError && error.code === 'sdp_malformed',
    );
  });
}

test('media, formats and parameters have bounds', () => {
  const many = Array.from({ length: 300 }, (_, index) => index % 128).join(' ');
  const parameters = Array.from({ length: 300 }, (_, index) => `p${index}=1`).join(';');
  const media = Array.from({ length: 300 }, () => 'm=audio 0 RTP/AVP 0');
  const description = parse(...video, `a=fmtp:96 ${parameters}`, `m=audio 0 RTP/AVP ${many}`, ...media);
  assert.equal(description.media.length, maximumMedia);
  assert.equal(description.media[0]?.formats[0]?.parameters.size, maximumParameters);
  assert.ok(description.media.every(({ formats }) => formats.length <= maximumFormats));
  assert.ok(description.ignored.length <= 100);
});

const word = fc.oneof(
  fc.constantFrom(
    'm=',
    'a=',
    'rtpmap:',
    'fmtp:',
    'video',
    'audio',
    '96',
    ' ',
    '/',
    '90000',
    'H264',
    '\n',
    ';',
    '=',
    ':',
    'control:',
  ),
  fc.string({ maxLength: 8, unit: 'binary' }),
);

test('any text gives a description or sdp_malformed', () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), (words) => {
      try {
        parseSessionDescription(words.join(''));
      } catch (error) {
        assert.ok(error instanceof NightjarError && error.code === 'sdp_malformed', String(error));
      }
    }),
    { numRuns: 500, seed: 8866 },
  );
});

test('a megabyte of one line is read in no time', () => {
  for (const text of [
    'm=video 0 RTP/AVP 96 '.repeat(50_000),
    `a=fmtp:96 ${';'.repeat(1_000_000)}`,
    ' '.repeat(1_000_000),
    `x${' '.repeat(1_000_000)}`,
  ]) {
    const before = performance.now();
    try {
      parseSessionDescription(`m=video 0 RTP/AVP 96\r\n${text}x`);
    } catch {}
    assert.ok(performance.now() - before < 1000);
  }
});

const destinations: readonly [name: string, lines: string[], expected: object | undefined][] = [
  [
    'of the session',
    ['c=IN IP4 239.1.2.3/127', 'm=video 5000 RTP/AVP 26'],
    { address: '239.1.2.3', port: 5000, ttl: 127 },
  ],
  ['of the medium', ['c=IN IP4 1.2.3.4', 'm=video 0 RTP/AVP 26', 'c=IN IP6 ff15::1'], { address: 'ff15::1' }],
  ['of another medium', ['m=video 0 RTP/AVP 26', 'm=audio 0 RTP/AVP 0', 'c=IN IP4 239.1.2.3'], undefined],
  ['that says nothing', ['c=IN IP4 0.0.0.0', 'm=video 0 RTP/AVP 26'], undefined],
  ['S7: that is no line of SDP', ['c=IN 192.168.1.10', 'm=video 0 RTP/AVP 26'], undefined],
];

for (const [name, lines, expected] of destinations) {
  test(`a destination ${name}`.replace(/^(.*) (S\d+): /, '$2: $1 '), () => {
    assert.deepEqual(parse(...lines).media[0]?.destination, expected);
  });
}

const pictureSizes: readonly [line: string, expected: object | undefined][] = [
  ['a=framesize:26 2560-1440', { width: 2560, height: 1440 }],
  ['a=framesize:96 2560-1440', undefined],
  ['a=x-dimensions:1920,1080', { width: 1920, height: 1080 }],
  ['a=x-dimensions: 1920, 1080', { width: 1920, height: 1080 }],
  ['a=cliprect:0,0,480,640', { width: 640, height: 480 }],
  ['a=x-dimensions:1920', undefined],
  ['a=x-dimensions:0,0', undefined],
  ['a=framesize:26 99999-1440', undefined],
  ['a=cliprect:480,640,0,0', undefined],
  ['a=framerate:25', undefined],
];

for (const [line, expected] of pictureSizes) {
  test(`${line} tells ${expected ? JSON.stringify(expected) : 'no size of the pictures'}`, () => {
    assert.deepEqual(parse('m=video 0 RTP/AVP 26', line).media[0]?.formats[0]?.pictureSize, expected);
  });
}

test('the first size of the pictures that can be read counts', () => {
  const lines = ['a=x-dimensions:0,0', 'a=framesize:26 640-480', 'a=x-dimensions:1,1'];
  const [media] = parse('m=video 0 RTP/AVP 26', ...lines).media;
  assert.deepEqual(media?.formats[0]?.pictureSize, { width: 640, height: 480 });
});
