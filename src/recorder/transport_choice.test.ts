import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '../errors/catalogue.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { TransportChoice, type TransportSetting } from './transport_choice.ts';

const failure = (code: ErrorCode) => new NightjarError(code, `It was ${code}.`);

/** What ends each session, or `heard` for one that delivered and was then lost; and the transport after it. */
type Step = readonly [
  ended: ErrorCode | 'heard' | 'heard: stream_damaged',
  next: string,
  reported?: ErrorCode,
];

const stories: readonly [name: string, setting: TransportSetting, steps: Step[]][] = [
  [
    'C34: auto goes from TCP to UDP when TCP is refused, and stays there',
    'auto',
    [
      ['camera_transport_unsupported', 'udp at once'],
      ['heard', 'udp'],
      ['camera_refused', 'udp', 'camera_refused'],
      ['heard', 'udp'],
    ],
  ],
  ['auto goes to UDP when nothing comes over TCP', 'auto', [['no_packets', 'udp at once']]],
  [
    'auto goes back to TCP when UDP is refused, and says what was wrong with TCP',
    'auto',
    [
      ['no_packets', 'udp at once'],
      ['camera_transport_unsupported', 'tcp', 'no_packets'],
      ['no_packets', 'udp at once'],
    ],
  ],
  [
    'a refusal tells less than silence does',
    'auto',
    [
      ['camera_transport_unsupported', 'udp at once'],
      ['no_packets', 'tcp', 'no_packets'],
    ],
  ],
  [
    'auto leaves UDP when the camera was set to TCP alone',
    'auto',
    [
      ['camera_transport_unsupported', 'udp at once'],
      ['heard', 'udp'],
      ['camera_transport_unsupported', 'tcp at once'],
      ['heard', 'tcp'],
    ],
  ],
  [
    'auto goes back to TCP when so much is lost over UDP that nothing can be recorded, and stays when that works',
    'auto',
    [
      ['no_packets', 'udp at once'],
      ['heard', 'udp'],
      ['heard: stream_damaged', 'tcp at once', 'stream_damaged'],
      ['heard', 'tcp'],
      ['camera_closed', 'tcp'],
    ],
  ],
  [
    'a camera that still refuses TCP is recorded over UDP as well as it can be',
    'auto',
    [
      ['camera_transport_unsupported', 'udp at once'],
      ['heard: stream_damaged', 'tcp at once', 'stream_damaged'],
      ['camera_transport_unsupported', 'udp at once', 'camera_transport_unsupported'],
      ['heard: stream_damaged', 'udp', 'stream_damaged'],
      ['heard: stream_damaged', 'udp', 'stream_damaged'],
    ],
  ],
  ['UDP that was set is kept whatever it loses', 'udp', [['heard: stream_damaged', 'udp', 'stream_damaged']]],
  [
    'silence after media is no fault of the transport',
    'auto',
    [
      ['heard', 'tcp'],
      ['camera_closed', 'tcp', 'camera_closed'],
    ],
  ],
  [
    'other errors are no fault of the transport',
    'auto',
    [['camera_authentication', 'tcp', 'camera_authentication']],
  ],
  [
    'what was set is obeyed',
    'tcp',
    [['camera_transport_unsupported', 'tcp', 'camera_transport_unsupported']],
  ],
  ['multicast stays multicast', 'multicast', [['no_packets', 'multicast', 'no_packets']]],
];

for (const [name, setting, steps] of stories) {
  test(name, () => {
    const choice = new TransportChoice(setting, 'rtsp://camera/');
    for (const [ended, next, reported] of steps) {
      const heard = ended.startsWith('heard');
      const code = ended === 'heard' ? 'no_packets' : (ended.replace('heard: ', '') as ErrorCode);
      const { another, error } = choice.failed(failure(code), heard);
      assert.equal(`${choice.current}${another ? ' at once' : ''}`, next);
      if (reported) assert.equal(error.code, reported);
    }
  });
}

test('the first packet is waited for 5 s while another transport may be tried, else 10 s', () => {
  assert.equal(new TransportChoice('udp', 'rtsp://camera/').patienceMs, 10_000);
  const choice = new TransportChoice('auto', 'rtsp://camera/');
  assert.equal(choice.patienceMs, 5_000);
  choice.failed(failure('no_packets'), false);
  assert.equal(choice.patienceMs, 5_000);
  choice.failed(failure('no_packets'), false);
  assert.equal(
    choice.patienceMs,
    10_000,
    'a camera that is only slow gets its time when all else has failed',
  );
});

test('an encrypted stream is not asked for over UDP unless that is set, since nobody would encrypt it', () => {
  const choice = new TransportChoice('auto', 'rtsps://camera/');
  assert.equal(choice.patienceMs, 10_000);
  assert.equal(choice.failed(failure('no_packets'), false).another, false);
  assert.equal(choice.current, 'tcp');
  assert.equal(new TransportChoice('udp', 'rtsps://camera/').current, 'udp');
});
