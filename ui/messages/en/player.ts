export const player = {
  'player.label': ({ camera }: { camera: string }) => `Footage of ${camera}`,
  'player.play': 'Play',
  'player.pause': 'Pause',
  'player.back': '5 s back',
  'player.on': '5 s on',
  'player.stepBack': 'One picture back',
  'player.stepOn': 'One picture on',
  'player.speed': 'Speed',
  'player.speed.times': ({ speed }: { speed: string }) => `${speed}×`,
  'player.skipGaps': 'Skip gaps',
  'player.sound.on': 'Sound on',
  'player.sound.off': 'Sound off',
  'player.loading': 'Loading',
  'player.skipped': ({ length, cause }: { length: string; cause: string }) => `Skipped ${length}: ${cause}`,
  'player.none': ({ clock }: { clock: string }) => `No footage at ${clock}`,
  'player.none.cause': ({ cause, length, since }: { cause: string; length: string; since: string }) =>
    `${cause} for ${length}, from ${since}`,
  'player.none.ongoing': ({ cause, length, since }: { cause: string; length: string; since: string }) =>
    `${cause} since ${since}, for ${length} now`,
  'player.next': ({ clock }: { clock: string }) => `Next at ${clock}`,
  'player.before': 'The camera was not there yet',
  'player.before.text': ({ instant }: { instant: string }) => `Its footage begins ${instant}.`,
  'player.before.never': 'It has no footage yet.',
  'player.present': 'Waiting for new footage',
  'player.codec': ({ codecs }: { codecs: string }) => `This browser cannot play ${codecs}.`,
  'player.codec.title': ({ codec }: { codec: string }) => `This browser cannot play ${codec}`,
  'player.codec.text':
    'The footage is whole. Any player plays it once it is downloaded, and perhaps another browser.',
  'player.codec.standIn.sub': ({ codec }: { codec: string }) =>
    `This browser does not play ${codec}: the sub stream is shown.`,
  'player.codec.standIn.main': ({ codec }: { codec: string }) =>
    `This browser does not play ${codec}: the main stream is shown.`,
  'player.codec.sub': 'Show the sub stream',
  'player.codec.convert': 'Convert to watch',
  'player.codec.converted': ({ codec }: { codec: string }) => `Converted from ${codec}, without sound`,
  'player.codec.download': 'Download this minute',
  'player.unsupported':
    'This browser cannot play recorded footage. Use a current Firefox, Chrome, Edge or Safari.',
  'player.failed': 'The footage cannot be shown',
  'player.broken': ({ reason }: { reason: string }) => `The player stopped: ${reason}`,
  'player.broken.advice': 'Try again; if it stays so at this time, export the clip and play it elsewhere.',
  'player.decode': 'the browser could not decode the footage',
};
