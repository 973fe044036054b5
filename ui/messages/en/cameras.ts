import { pluralOf } from '../plural.ts';

const plural = pluralOf('en-GB');

export const cameras = {
  'cameras.title': 'Cameras',
  'cameras.count': ({ count }: { count: number }) => plural(count, { one: '# camera', other: '# cameras' }),
  'cameras.all-recording': ({ count }: { count: number }) =>
    plural(count, { one: '# camera, recording', other: '# cameras, all recording' }),
  'cameras.not-recording': ({ count, concerned }: { count: number; concerned: number }) =>
    `${plural(count, { one: '# camera', other: '# cameras' })}, ${concerned} not recording`,
  'cameras.unknown': ({ count }: { count: number }) =>
    plural(count, { one: '# camera, state not known now', other: '# cameras, states not known now' }),
  'cameras.add': 'Add a camera',
  'cameras.none.title': 'No camera yet',
  'cameras.none.text': 'Nightjar looks for cameras on your network; most answer within seconds.',
  'cameras.none.action': 'Find cameras',

  'role.main': 'Main',
  'role.sub': 'Sub',
  'state.recording': 'Recording',
  'state.connecting': 'Connecting',
  'state.backing_off': 'Not recording',
  'state.paused': 'Paused',
  'state.stopped': 'Not recorded',
  'state.needs-address': 'Address not known',
  'state.unknown-now': 'State not known now',
  'state.no-streams': 'It has no streams.',
  'stream.last-footage': ({ when }: { when: string }) => `last footage ${when}`,
  'stream.no-footage': 'no footage yet',
  'stream.not-recorded': 'watched only, not recorded',

  'field.name': 'Name',
  'field.name.hint': 'What you call the place it looks at.',
  'field.address': 'Address',
  'field.address.hint': 'Host name or IP address of the camera, for ONVIF.',
  'field.username': 'User name',
  'field.password': 'Password',
  'field.password.kept': 'Kept; type to replace it',
  'field.main-url': 'Main stream',
  'field.main-url.hint': 'The best picture. An rtsp: address, as the manual of the camera names it.',
  'field.sub-url': 'Sub stream',
  'field.sub-url.hint': 'A smaller picture for the grid, if the camera has one.',
  'field.record': 'Record this stream',
  'field.max-age': 'Keep footage for',
  'field.max-age.unit': 'days',
  'field.max-age.hint': 'Empty: as long as the installation keeps footage, and the disk has room.',
  'field.required': 'This is needed.',
  'field.days': 'A number of days above 0, or nothing.',

  'test.action': 'Test',
  'test.running': 'Looking at the stream for some seconds …',
  'test.works': ({ facts }: { facts: string }) => `Works: ${facts}.`,
  'test.key-frames': ({ interval }: { interval: string }) =>
    `A key frame comes only every ${interval}: live pictures begin late. 2 s in the camera's settings is better.`,
  'test.losses': ({ lost, all }: { lost: number; all: number }) =>
    `${plural(lost, { one: '# packet', other: '# packets' })} of ${all} got lost on the way.`,

  'camera.back': 'All cameras',
  'camera.save': 'Save changes',
  'camera.saved': ({ name }: { name: string }) => `${name} is changed.`,
  'camera.discard': 'Discard changes',
  'camera.gone.title': 'This camera is not there',
  'camera.gone.text': 'It may have been removed. Its footage may still be on the disk.',
  'camera.timeline': 'Timeline',
  'camera.live': 'Live',
  'camera.since': ({ state, when }: { state: string; when: string }) => `${state} since ${when}`,
  'camera.added': ({ when }: { when: string }) => `Added ${when}`,
  'camera.section.camera': 'Camera',
  'camera.section.streams': 'Streams',
  'camera.section.keeping': 'Keeping',
  'camera.remove': 'Remove this camera',
  'camera.remove.title': ({ name }: { name: string }) => `Remove ${name}?`,
  'camera.remove.text':
    'Recording ends now, and its password is forgotten. Footage that was recorded stays on the disk as ordinary MP4 files until it is old enough to go, or room is needed.',
  'camera.remove.confirm': 'Remove',
  'camera.removed': ({ name }: { name: string }) => `${name} is removed. Its files stay on the disk.`,

  'add.title': 'Add a camera',
  'add.welcome.title': 'Let us find your cameras',
  'add.welcome.text':
    'Nightjar records what your cameras see, loses nothing silently, and keeps it as ordinary MP4 files on your disk.',
  'add.ways': 'How to find it',
  'add.way.network': 'On the network',
  'add.way.url': 'By stream address',
  'add.searching': 'Looking for cameras on your network …',
  'add.searching.where': ({ where }: { where: string }) => `Asking on ${where}`,
  'add.searched.where': ({ where }: { where: string }) => `Asked on ${where}`,
  'add.found': ({ count }: { count: number }) =>
    plural(count, { one: '# device answered', other: '# devices answered' }),
  'add.ignored': ({ count }: { count: number }) =>
    plural(count, { one: '# reply was not understood', other: '# replies were not understood' }),
  'add.again': 'Search again',
  'add.device.added': 'Added',
  'add.device.choose': 'Set up',
  'add.none.title': 'No camera answered',
  'add.none.power': 'See that the camera has power and is on the same network as this server.',
  'add.none.onvif': 'Switch ONVIF on in the settings of the camera; many come with it off.',
  'add.none.other': 'In another network, or behind a router? Enter its address below.',
  'add.address.label': 'Address of a camera',
  'add.address.placeholder': '192.168.1.20 or camera.local',
  'add.address.action': 'Look there',
  'add.demo.question': 'No camera at hand?',
  'add.demo.action': 'Add the demo cameras',
  'add.demo.text': 'Simulated cameras inside the server; remove them at any time.',
  'add.demo.done': ({ count }: { count: number }) =>
    plural(count, { one: '# demo camera is recorded now.', other: '# demo cameras are recorded now.' }),

  'device.reading': ({ address }: { address: string }) => `Asking ${address} what it can send …`,
  'device.back': 'Choose another',
  'device.credentials':
    'This camera wants a user name and a password. They are those set in the camera itself.',
  'device.connect': 'Connect',
  'device.streams': 'Which streams',
  'device.streams.hint':
    'The main stream is recorded and shown large; the sub stream fills the tiles of the grid.',
  'device.no-sub': 'None',
  'device.firmware': ({ firmware }: { firmware: string }) => `Firmware ${firmware}`,
  'device.add': 'Add camera',
  'device.added': ({ name }: { name: string }) => `${name} is added, and recording begins.`,
};
