import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCommandLine } from './command_line.ts';

function parsed(line: string) {
  const { command, operands, options, settingFlags, json, help } = parseCommandLine(line.split(' '));
  return { command: command.name, operands, options: Object.fromEntries(options), settingFlags, json, help };
}

const nothing = { operands: [], options: {}, settingFlags: {}, json: false, help: false };
const url = 'rtsp://camera/main';

const good: [string, ReturnType<typeof parsed>][] = [
  ['serve', { ...nothing, command: 'serve' }],
  [
    'serve --port 8081',
    { ...nothing, command: 'serve', settingFlags: { port: { text: '8081', source: '--port' } } },
  ],
  [
    'serve --data-dir=/a=b',
    { ...nothing, command: 'serve', settingFlags: { dataDir: { text: '/a=b', source: '--data-dir' } } },
  ],
  ['serve --config other.yaml', { ...nothing, command: 'serve', options: { config: 'other.yaml' } }],
  [
    `probe ${url} --json`,
    { ...nothing, command: 'probe', operands: [url], options: { json: '' }, json: true },
  ],
  [`probe -- ${url}`, { ...nothing, command: 'probe', operands: [url] }],
  [
    `record --out x --duration 5 ${url}`,
    { ...nothing, command: 'record', operands: [url], options: { out: 'x', duration: '5' } },
  ],
  [
    'probe --password -secret x',
    { ...nothing, command: 'probe', operands: ['x'], options: { password: '-secret' } },
  ],
  ['record --help', { ...nothing, command: 'record', options: { help: '' }, help: true }],
  ['--help', { ...nothing, command: 'help' }],
  ['-h', { ...nothing, command: 'help' }],
  ['--version', { ...nothing, command: 'version' }],
];

for (const [line, expected] of good) {
  test(`"${line}" is understood`, () => {
    assert.deepEqual(parsed(line), expected);
  });
}

const commands =
  'The commands are serve, discover, probe, record, replay, coverage, demo, verify, reindex, backup, restore, doctor, help, version.';

const bad: [what: string, words: string[], message: string][] = [
  ['nothing', [], `No command was given. ${commands}`],
  ['an unknown command', ['frobnicate'], `There is no command "frobnicate". ${commands}`],
  ['a mistyped command', ['sevre'], `There is no command "sevre". Did you mean serve? ${commands}`],
  ['an unknown option', ['serve', '--colour'], 'serve has no option "--colour".'],
  ['a mistyped option', ['serve', '--prot', '1'], 'serve has no option "--prot". Did you mean --port?'],
  ['a short option', ['serve', '-p', '1'], 'serve has no option "-p".'],
  ['a setting of other commands', ['probe', '--port', '1', 'x'], 'probe has no option "--port".'],
  ['a missing value', ['serve', '--port'], '--port needs a value.'],
  ['a value too many', ['serve', '--json=yes'], '--json takes no value.'],
  ['a missing operand', ['probe'], 'probe needs URL: "nightjar probe URL [options]".'],
  ['an operand too many', ['serve', 'now'], 'serve does not take "now".'],
  ['a URL too many', ['probe', 'a', 'rtsp://joe:secret@b'], 'probe does not take "rtsp://b".'],
];

for (const [what, words, message] of bad) {
  test(`${what} is a usage error`, () => {
    assert.throws(() => parseCommandLine(words), { code: 'usage', message });
  });
}
