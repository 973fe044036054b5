/** Days of footage, and what is protected. */
export const retention = {
  'retention.title': 'Days of footage',
  'retention.camera': 'Camera',
  'retention.achieved': 'There are',
  'retention.expected': 'Expected',
  'retention.limitedBy': 'Ends by',
  'retention.stored': 'Takes',
  'retention.days': ({ days }: { days: string }) => `${days}\u202f${days === '1' ? 'day' : 'days'}`,
  'retention.endless': 'no end',
  'retention.removed': 'removed',
  'retention.rule.max_age': 'its age',
  'retention.rule.event_max_age': 'the age of events',
  'retention.rule.camera_max_bytes': 'the limit of the camera',
  'retention.rule.max_bytes': 'the limit of all cameras',
  'retention.rule.min_free': 'the size of the disk',
  'retention.outlook.nothing': 'There is no footage of it yet.',
  'retention.outlook.stored': ({ achieved, size }: { achieved: string; size: string }) =>
    `There are ${achieved} of footage in ${size}.`,
  'retention.outlook.expected': ({ expected, rule }: { expected: string; rule: string }) =>
    `Expected are ${expected}; what ends them is ${rule}.`,
  'retention.outlook.endless': 'By what comes in now, nothing ends it.',
  'retention.help':
    'Expected by what each camera took in the last 24 hours. Events and protected footage make it less.',
  'retention.short': ({ missing, rule }: { missing: string; rule: string }) =>
    `${missing} more should be deleted to keep to ${rule}, but what is left is protected, too young or being read.`,
  'retention.short.advice': 'Release what is not needed any more, or use a larger disk.',

  'protection.title': 'Protected footage',
  'protection.none':
    'Nothing is protected. Mark a time on the timeline, open Export and choose Protect: no rule deletes it then.',
  'protection.all-cameras': 'All cameras',
  'protection.time': ({ from, to }: { from: string; to: string }) => `${from} – ${to}`,
  'protection.open': ({ from }: { from: string }) => `from ${from} on`,
  'protection.by': ({ by, reason }: { by: string; reason: string }) => `${reason} (${by})`,
  'protection.release': 'Release',
  'protection.release.title': 'Release this footage?',
  'protection.release.text':
    'It is deleted like any other from now on. Who released it and why is on record.',
  'protection.released': 'The footage is not protected any more.',
  'protection.protect': 'Protect …',
  'protection.protect.title': ({ name }: { name: string }) => `Protect footage of ${name}`,
  'protection.protect.text': 'No rule deletes it until somebody releases it, not even when the disk is full.',
  'protection.protect.confirm': 'Protect',
  'protection.follows': 'Also all that follows, until it is released',
  'protection.protected': 'The footage is protected.',
  'protection.reason': 'Reason',
  'protection.name': 'Your name',
  'protection.required': 'Needed for the record.',
};
