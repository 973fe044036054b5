import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NightjarError } from '../errors/nightjar_error.ts';
import { environmentName, type SettingName, settingNames, settingTable } from './setting_table.ts';
import {
  environmentSettings,
  resolveSettings,
  type SettingSources,
  type WrittenSettings,
} from './settings.ts';
import { fileSettings } from './settings_file.ts';

const machine = { cores: 4 };
const nothing: SettingSources = { flags: {}, environment: {}, file: {} };

function flag(name: SettingName, text: string): SettingSources {
  return { ...nothing, flags: { [name]: { text, source: `--${settingTable[name].flag}` } } };
}

function failure(run: () => unknown): { code: string; message: string; field: string | undefined } {
  try {
    run();
  } catch (thrown) {
    assert(thrown instanceof NightjarError, String(thrown));
    return { code: thrown.code, message: thrown.message, field: thrown.place.field };
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' });
}

test('without any source the defaults stand', () => {
  assert.deepEqual(resolveSettings(nothing, machine), {
    dataDir: 'data',
    recordingsDir: 'recordings',
    storageRoots: [],
    host: '127.0.0.1',
    port: 8080,
    segmentSeconds: 60,
    syncSeconds: 2,
    conversions: 1,
    minFreeBytes: 5_368_709_120,
    maxBytes: 'none',
    maxAgeDays: 30,
    eventMaxAgeDays: 'none',
    minAgeHours: 0.25,
    retentionSchedule: '* * * * *',
    verifySchedule: '30 3 * * *',
    verifyDeepSchedule: '0 5 1 * *',
    discoveryInterfaces: ['all'],
    workers: 3,
    watchdogSeconds: 60,
    logLevel: 'info',
  });
  assert.equal(resolveSettings(nothing, { cores: 1 }).workers, 1);
  assert.equal(resolveSettings(nothing, { cores: 256 }).workers, 64);
});

test('every default is a value that its own parser accepts', () => {
  const defaults = resolveSettings(nothing, machine);
  for (const name of settingNames) {
    assert.deepEqual(settingTable[name].parse(String(defaults[name])), { value: defaults[name] }, name);
  }
});

test('flags win over the environment, that over the file, that over the default', () => {
  const written = (source: string, text: string): WrittenSettings => ({ port: { text, source } });
  const file = written('nightjar.yaml line 1', '1001');
  const environment = written('NIGHTJAR_PORT', '1002');
  const flags = written('--port', '1003');
  assert.equal(resolveSettings({ flags: {}, environment: {}, file }, machine).port, 1001);
  assert.equal(resolveSettings({ flags: {}, environment, file }, machine).port, 1002);
  assert.equal(resolveSettings({ flags, environment, file }, machine).port, 1003);
});

test('a wrong value is refused also where a stronger source hides it', () => {
  const sources = { ...flag('port', '1'), file: { port: { text: 'many', source: 'nightjar.yaml line 7' } } };
  assert.equal(
    failure(() => resolveSettings(sources, machine)).message,
    'nightjar.yaml line 7: port is "many", but must be a whole number from 0 to 65535.',
  );
});

const good: [SettingName, string, unknown][] = [
  ['port', '0', 0],
  ['port', '65535', 65_535],
  ['segmentSeconds', '1', 1],
  ['segmentSeconds', '3600', 3600],
  ['syncSeconds', '0.5', 0.5],
  ['minFreeBytes', '0', 0],
  ['minFreeBytes', '5000000000', 5e9],
  ['minFreeBytes', '5GB', 5e9],
  ['minFreeBytes', '5 gib', 5 * 2 ** 30],
  ['minFreeBytes', '1.5MiB', 1.5 * 2 ** 20],
  ['minFreeBytes', '1TB', 1e12],
  ['minFreeBytes', '7b', 7],
  ['maxBytes', '2TB', 2e12],
  ['maxBytes', 'none', 'none'],
  ['maxAgeDays', '0.25', 0.25],
  ['eventMaxAgeDays', '90', 90],
  ['eventMaxAgeDays', 'none', 'none'],
  ['minAgeHours', '0', 0],
  ['discoveryInterfaces', 'all', ['all']],
  ['discoveryInterfaces', 'eth0, br-lan.2', ['eth0', 'br-lan.2']],
  ['retentionSchedule', '*/5 0-6,22 1 jan-MAR mon-fri/2', '*/5 0-6,22 1 jan-MAR mon-fri/2'],
  ['verifySchedule', '0 4 * * sun', '0 4 * * sun'],
  ['verifySchedule', 'off', 'off'],
  ['verifyDeepSchedule', 'off', 'off'],
  ['verifyDeepSchedule', '0 2 * * 0', '0 2 * * 0'],
  ['host', 'localhost', 'localhost'],
  ['host', '127.1.2.3', '127.1.2.3'],
  ['host', '::1', '::1'],
  ['host', '[::1]', '::1'],
  ['logLevel', 'debug', 'debug'],
  ['recordingsDir', '/srv/footage with blanks', '/srv/footage with blanks'],
];

for (const [name, text, value] of good) {
  test(`${name} accepts ${text}`, () => {
    assert.deepEqual(resolveSettings(flag(name, text), machine)[name], value);
  });
}

const bad: [SettingName, string, string][] = [
  ['port', '65536', '--port: port is "65536", but must be a whole number from 0 to 65535.'],
  ['port', '-1', '--port: port is "-1", but must be a whole number from 0 to 65535.'],
  ['port', '80.5', '--port: port is "80.5", but must be a whole number from 0 to 65535.'],
  ['port', '1e3', '--port: port is "1e3", but must be a whole number from 0 to 65535.'],
  ['port', '', '--port: port is "", but must be a whole number from 0 to 65535.'],
  [
    'segmentSeconds',
    '0',
    '--segment-seconds: segmentSeconds is "0", but must be a whole number from 1 to 3600.',
  ],
  ['syncSeconds', '61', '--sync-seconds: syncSeconds is "61", but must be a number from 0.1 to 60.'],
  ['maxAgeDays', '0', '--max-age-days: maxAgeDays is "0", but must be a number from 0.001 to 36500.'],
  ['maxBytes', '0', '--max-bytes: maxBytes is "0", but must be none or a number of bytes of 1MB or more.'],
  [
    'eventMaxAgeDays',
    '0',
    '--event-max-age-days: eventMaxAgeDays is "0", but must be none or a number from 0.001 to 36500.',
  ],
  [
    'minFreeBytes',
    '5 apples',
    '--min-free-bytes: minFreeBytes is "5 apples", but must be a number of bytes, such as 5000000000, 5GB or 5GiB, up to 1000TB.',
  ],
  [
    'minFreeBytes',
    '1001TB',
    '--min-free-bytes: minFreeBytes is "1001TB", but must be a number of bytes, such as 5000000000, 5GB or 5GiB, up to 1000TB.',
  ],
  [
    'retentionSchedule',
    'hourly',
    '--retention-schedule: retentionSchedule is "hourly", but must be a cron expression of five fields, such as "* * * * *" (every minute) or "*/10 * * * *".',
  ],
  [
    'verifySchedule',
    'never',
    '--verify-schedule: verifySchedule is "never", but must be off or a cron expression of five fields, such as "* * * * *" (every minute) or "*/10 * * * *".',
  ],
  [
    'discoveryInterfaces',
    'eth0,',
    '--discovery-interfaces: discoveryInterfaces is "eth0,", but must be all, or names of network interfaces between commas.',
  ],
  ['workers', '65', '--workers: workers is "65", but must be a whole number from 1 to 64.'],
  [
    'logLevel',
    'loud',
    '--log-level: logLevel is "loud", but must be one of fatal, error, warn, info, debug, trace.',
  ],
  ['host', 'a b', '--host: host is "a b", but must be a host name or an IP address.'],
  ['dataDir', '', '--data-dir: dataDir is "", but must be the path of a folder.'],
  [
    'port',
    'x'.repeat(100),
    `--port: port is "${'x'.repeat(80)}…", but must be a whole number from 0 to 65535.`,
  ],
];

for (const [name, text, message] of bad) {
  test(`${name} refuses ${text.slice(0, 20) || 'an empty text'}`, () => {
    assert.deepEqual(
      failure(() => resolveSettings(flag(name, text), machine)),
      { code: 'setting_invalid', message, field: name },
    );
  });
}

for (const host of [
  '0.0.0.0',
  '::',
  '192.168.1.5',
  'nvr.example.org',
  '128.0.0.1',
  '127.0.0.1.example.org',
]) {
  test(`the host ${host} is refused while there are no accounts`, () => {
    assert.deepEqual(
      failure(() => resolveSettings(flag('host', host), machine)),
      {
        code: 'host_not_loopback',
        message: `--host: host is "${host}", but must be 127.0.0.1, ::1 or localhost: Nightjar has no accounts yet, so it listens on this machine only.`,
        field: 'host',
      },
    );
  });
}

test('the environment gives settings by their variable and leaves other variables alone', () => {
  const written = environmentSettings({
    PATH: '/bin',
    NIGHTJAR_SEGMENT_SECONDS: '10',
    NIGHTJAR_CONFIG: 'other.yaml',
  });
  assert.deepEqual(written, { segmentSeconds: { text: '10', source: 'NIGHTJAR_SEGMENT_SECONDS' } });
  for (const name of settingNames) {
    assert.deepEqual(Object.keys(environmentSettings({ [environmentName(name)]: '1' })), [name]);
  }
});

test('a NIGHTJAR_ variable that is no setting is refused with the nearest one', () => {
  assert.deepEqual(
    failure(() => environmentSettings({ NIGHTJAR_PROT: '8080' })),
    {
      code: 'setting_invalid',
      message: 'environment: there is no setting "NIGHTJAR_PROT". Did you mean NIGHTJAR_PORT?',
      field: 'NIGHTJAR_PROT',
    },
  );
});

test('the file gives settings with the line they stand on', () => {
  const text =
    '# where\nrecordingsDir: /srv/footage\n\nport: 08081 # not 8080\nretentionSchedule: "*/5 * * * *"\n';
  assert.deepEqual(fileSettings(text, 'nightjar.yaml'), {
    recordingsDir: { text: '/srv/footage', source: 'nightjar.yaml line 2' },
    port: { text: '08081', source: 'nightjar.yaml line 4' },
    retentionSchedule: { text: '*/5 * * * *', source: 'nightjar.yaml line 5' },
  });
});

for (const empty of ['', '# only a comment\n', '---\n', 'null\n']) {
  test(`a file of ${JSON.stringify(empty)} sets nothing`, () => {
    assert.deepEqual(fileSettings(empty, 'nightjar.yaml'), {});
  });
}

const badFiles: [string, string, RegExp | string][] = [
  [
    'an unknown name',
    'port: 1\nsegmentSecond: 5\n',
    'nightjar.yaml line 2: there is no setting "segmentSecond". Did you mean segmentSeconds?',
  ],
  [
    'a flag in place of the name',
    'fps: 5\n',
    'nightjar.yaml line 1: there is no setting "fps". See docs/settings.md for those there are.',
  ],
  [
    'a list',
    'port:\n  - 1\n',
    'nightjar.yaml line 1: port must be one plain value: whole number, 0 to 65535.',
  ],
  [
    'no value',
    'host:\n',
    'nightjar.yaml line 1: host must be one plain value: loopback address or `localhost`.',
  ],
  ['no mapping', '- port\n', 'nightjar.yaml line 1: expected lines such as "port: 8080".'],
  ['one word', 'port\n', 'nightjar.yaml line 1: expected lines such as "port: 8080".'],
  ['a name twice', 'port: 1\nport: 2\n', /^nightjar\.yaml line 2: this is not YAML: Map keys must be unique/],
  ['broken YAML', 'port: "1\n', /^nightjar\.yaml line \d: this is not YAML: /],
];

for (const [what, text, message] of badFiles) {
  test(`a file with ${what} is refused with its line`, () => {
    const found = failure(() => fileSettings(text, 'nightjar.yaml'));
    assert.equal(found.code, 'setting_invalid');
    if (typeof message === 'string') assert.equal(found.message, message);
    else assert.match(found.message, message);
  });
}

test('no text makes a parser throw or give a value outside its words', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...settingNames),
      fc.string({ unit: 'binary', maxLength: 40 }),
      (name, text) => {
        const parsed = settingTable[name].parse(text);
        assert('value' in parsed !== 'expected' in parsed);
        if ('value' in parsed && typeof parsed.value === 'number') assert(Number.isFinite(parsed.value));
      },
    ),
    { seed: 7, numRuns: 2_000 },
  );
});

test('no text makes the settings file throw anything but setting_invalid', () => {
  const pieces = fc.constantFrom(
    'port',
    ':',
    ' ',
    '\n',
    '-',
    '"',
    '{',
    '}',
    '[',
    '&a',
    '*a',
    '8080',
    '? ',
    '!!x',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      try {
        fileSettings(parts.join(''), 'nightjar.yaml');
      } catch (thrown) {
        assert(thrown instanceof NightjarError && thrown.code === 'setting_invalid', String(thrown));
      }
    }),
    { seed: 7, numRuns: 1_500 },
  );
});
