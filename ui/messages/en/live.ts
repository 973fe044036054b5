export const live = {
  'live.title': 'Live',
  'live.connecting': 'Connecting …',
  'live.age': 'Age of the picture',
  'live.stalled': ({ age }: { age: string }) => `The picture stands still for ${age}. Connecting again …`,
  'live.stalled.never': 'No picture yet. Trying again …',
  'live.waiting': 'No picture now',
  'live.waiting.last': ({ when }: { when: string }) => `No picture since ${when}`,
  'live.unplayable.title': ({ codec }: { codec: string }) => `This browser cannot play ${codec}`,
  'live.unplayable.text': 'It is recorded all the same. Use a browser that decodes it, if there is one.',
  'live.unplayable.other':
    'It is recorded all the same. Set the sub stream of the camera to H.264, or use a browser that decodes it, if there is one.',
  'live.undecodable.title': 'The picture cannot be decoded',
  'live.undecodable.text':
    'This browser gave up on it several times. It is recorded all the same; trying again …',
  'live.refused.title': 'No live picture',
  'live.enlarge': ({ name }: { name: string }) => `Enlarge ${name}`,
  'live.back': 'Back to all cameras',
  'live.sound.on': 'Sound on',
  'live.sound.off': 'Sound off',
  'live.full-screen': 'Full screen',
  'live.timeline': 'Timeline',
  'live.settings': 'Settings of this camera',
};
