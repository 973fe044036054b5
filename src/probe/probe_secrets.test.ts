import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import fc from 'fast-check';
import { type Exchange, ScriptedCamera } from '../../test/rtsp/scripted_camera.ts';
import { systemClock } from '../clock/system_clock.ts';
import { formatDialogue } from '../dialogue/dialogue_text.ts';
import { ChunkPool } from '../media/sample_arena.ts';
import { StreamSession } from '../recorder/stream_session.ts';
import { examine, probe } from './probe.ts';

const username = 'joe';
/** Sent between what no secret has in it, so that nothing else can look like it. */
const sign = '\u0001';

interface Echo {
  /** Of the reply that names it. */
  readonly place: (typeof places)[number];
  readonly text: string;
}

const places = [
  'reason',
  'server',
  'field name',
  'field',
  'challenge',
  'base',
  'name',
  'rtpmap',
  'unread format',
  'control',
  'location',
  'tail of a reason',
] as const;

/** A camera that is asked for a stream, says the text at one place, and refuses at the end. */
function script({ place, text }: Echo): Exchange[] {
  const at = (here: Echo['place'], usual: string) => (place === here ? text : usual);
  const reply = (number: number, status: number, reason: string, fields: [string, string][], body = '') => {
    const head = [
      `RTSP/1.0 ${status} ${reason}`,
      `CSeq: ${number}`,
      ...fields.map(([name, value]) => `${name}: ${value}`),
      `Content-Length: ${body.length}`,
    ];
    return Buffer.from([...head, '', body].join('\r\n'), 'latin1');
  };
  const description = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    `s=${at('name', 'x')}`,
    't=0 0',
    'm=video 0 RTP/AVP 96',
    'a=rtpmap:96 H264/90000',
    `a=control:${at('control', 'track1')}`,
    'm=audio 0 RTP/AVP 97',
    `a=rtpmap:97 ${at('rtpmap', 'odd')}/8000`,
    'm=application 0 RTP/AVP 98',
    `a=rtpmap:98 ${at('unread format', 'odd')}`,
    '',
  ].join('\r\n');
  const refusal =
    place === 'tail of a reason'
      ? `no ${'entry '.repeat(28)}for ${text}`
      : `no entry for ${at('reason', 'you')}`;
  const options = reply(1, 200, 'OK', [
    ['Server', at('server', 'Acme')],
    [`X-${at('field name', 'Echo')}`, at('field', 'Acme')],
  ]);
  const described = reply(
    2,
    200,
    'OK',
    [['Content-Base', `rtsp://127.0.0.1/${at('base', 'live')}/`]],
    description,
  );
  const last: Exchange =
    place === 'challenge'
      ? ['SETUP', reply(3, 401, 'Unauthorized', [['WWW-Authenticate', `Odd realm="${text}"`]])]
      : place === 'location'
        ? ['SETUP', reply(3, 302, 'Moved', [['Location', `http://h/${text}`]])]
        : ['SETUP', reply(3, 403, refusal, [])];
  return [['OPTIONS', options], ['DESCRIBE', described], last];
}

/** Everything that is shown of a look, in a report, a file, an error and the words of the recorder. */
async function shownOf(password: string, echo: Echo): Promise<string> {
  const camera = await ScriptedCamera.start([...script(echo), ...script(echo), ...script(echo)]);
  try {
    const options = { url: camera.url, username, password, transport: 'tcp', clock: systemClock } as const;
    const { report, error, captured } = await examine({ ...options, capture: { source: 'a test' } });
    const thrown = await probe(options).then(
      () => assert.fail('it cannot be recorded'),
      (reason) => reason,
    );
    const logged: string[] = [];
    const log = (fields: object, message: string) => logged.push(JSON.stringify(fields), message);
    const session = new StreamSession({
      target: { url: camera.url, username, password, transport: 'tcp' },
      patienceMs: 1_000,
      clock: systemClock,
      pool: new ChunkPool(),
      logger: { info: log, warn: log },
      events: { onUnit() {}, onSenderReport() {}, onTick: () => undefined },
    });
    const refused = await session.open().then(
      () => assert.fail('it cannot be recorded'),
      (reason) => reason,
    );
    await session.stop();
    return [
      JSON.stringify(report),
      error?.explanation,
      formatDialogue(captured!.dialogue),
      thrown.explanation,
      thrown.stack,
      refused.explanation,
      refused.stack,
      ...session.notes,
      ...logged,
    ].join(sign);
  } finally {
    await camera.close();
  }
}

const bytesOf = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

/** Spellings that can stand in a header field. */
const spellings: readonly ((secret: string) => string)[] = [
  bytesOf,
  encodeURIComponent,
  (secret) => encodeURIComponent(encodeURIComponent(secret)),
  (secret) => [...secret].map((letter) => `&#${letter.codePointAt(0)};`).join(''),
  (secret) => bytesOf(JSON.stringify(secret).slice(1, -1).replaceAll('/', '\\/')),
  (secret) => Buffer.from(`${username}:${secret}`).toString('base64'),
];

/** How what is left of it would look in any of the places. */
function isShown(shown: string, password: string, spelt: string): boolean {
  const printed = (text: string) => text.replace(/[^\x20-\x7e]/g, '?');
  const forms = [password, spelt, bytesOf(password), printed(spelt), printed(bytesOf(password))];
  return forms.some((form) => shown.includes(form) || shown.includes(JSON.stringify(form).slice(1, -1)));
}

const whole = async (password: string, echo: Echo, context?: TestContext) => {
  const shown = await shownOf(password, echo);
  assert(!isShown(shown, password, echo.text), `${password} in ${echo.place} as ${echo.text}: ${shown}`);
  assert(shown.length > 0, context?.name);
};

for (const place of places) {
  test(`a password that a camera says as its ${place} is neither in a report nor in a capture, an error or a log`, async () => {
    for (const password of ['correcthorse', 'Qwe;r,t/y?#7ä', '{host}%41"']) {
      for (const spell of spellings) await whole(password, { place, text: spell(password) });
    }
  });
}

test('no password of any letters, in any spelling and at any place, is shown', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ minLength: 3, maxLength: 20, unit: 'grapheme' }).filter((text) => text.trim() === text),
      fc.constantFrom(...spellings),
      fc.constantFrom(...places),
      async (letters, spell, place) => {
        const password = `Q7${letters}`;
        await whole(password, { place, text: spell(password) });
      },
    ),
    { numRuns: 60 },
  );
});

test('a password in a reason that is quoted in part leaves none of its beginning', async () => {
  const password = 'correcthorse';
  for (let blanks = 155; blanks < 175; blanks++) {
    const shown = await shownOf(password, {
      place: 'reason',
      text: `${'-'.repeat(blanks + 20)} ${password} x`,
    });
    assert.doesNotMatch(shown, /\bcor/, `${blanks}`);
  }
});
