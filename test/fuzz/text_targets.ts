import assert from 'node:assert/strict';
import { parseInstant } from '../../src/api/instant.ts';
import { answerRange } from '../../src/delivery/byte_range.ts';
import { formatDialogue, parseDialogue } from '../../src/dialogue/dialogue_text.ts';
import { readProbeMatches } from '../../src/onvif/probe_message.ts';
import { readXml } from '../../src/onvif/xml_document.ts';
import { authorize, challenged, startAuthentication } from '../../src/rtsp/authentication.ts';
import { controlBase, joinControl } from '../../src/rtsp/control_url.ts';
import { parseChallenges } from '../../src/rtsp/digest.ts';
import { contentLength, parseHead, sequenceNumberOf } from '../../src/rtsp/message.ts';
import { formatRange, parseRange, rangeEnds } from '../../src/rtsp/range.ts';
import { RtspReader } from '../../src/rtsp/reader.ts';
import { formatRtpInfo, parseRtpInfo } from '../../src/rtsp/rtp_info.ts';
import { formatSession, parseSession } from '../../src/rtsp/session_header.ts';
import { formatTransport, parseTransports } from '../../src/rtsp/transport_header.ts';
import { parseRtspUrl, splitCredentials } from '../../src/rtsp/url.ts';
import { parseSessionDescription } from '../../src/sdp/session_description.ts';
import { type FuzzTarget, texts, textTokens } from './fuzz_target.ts';

const latin1 = (input: Uint8Array): string =>
  Buffer.from(input.buffer, input.byteOffset, input.length).toString('latin1');

const rtpFrame = Buffer.from('24000014 8060000100000001deadbeef 0102030405060708'.replaceAll(' ', ''), 'hex');
const rtcpFrame = Buffer.from('24010008 80c9000101020304'.replaceAll(' ', ''), 'hex');
const okReply =
  'RTSP/1.0 200 OK\r\nCSeq: 2\r\nSession: 12345678;timeout=60\r\nContent-Length: 4\r\n\r\nv=0\n';

/** What comes out of the reader, as one text. */
function readerEvents(input: Uint8Array, pieces: (at: number) => number): string {
  const events: string[] = [];
  let lost = 0;
  const reader = new RtspReader({
    onInterleaved: (channel, bytes, start, end) =>
      events.push(`${channel}:${latin1(bytes.subarray(start, end))}`),
    onRequest: (request) => events.push(`${request.method} ${request.url} ${[...request.headers].join()}`),
    onResponse: ({ status, headers, body }) =>
      events.push(`${status} ${[...headers].join()} ${latin1(body)}`),
    onLostBytes: (count) => {
      lost += count;
    },
  });
  reader.expectRtp(0, [96]);
  reader.expectRtcp(1);
  try {
    for (let at = 0; at < input.length; ) {
      const length = Math.min(Math.max(1, pieces(at)), input.length - at);
      const buffer = Uint8Array.from(input.subarray(at, at + length));
      reader.push(buffer, 0, length);
      buffer.fill(0xee);
      at += length;
    }
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error, String(error));
    return `${events.join('|')}|${error.code}`;
  }
  assert.ok(reader.pendingBytes <= input.length);
  return `${events.join('|')}|${lost}`;
}

const parameters = (value: unknown): string =>
  JSON.stringify(value, (_, item) => (item instanceof Map ? [...item] : item));

export const textTargets: readonly FuzzTarget[] = [
  {
    name: 'rtsp-reader',
    seeds: [
      Buffer.concat([Buffer.from(okReply), rtpFrame, rtcpFrame, rtpFrame]),
      Buffer.concat([rtpFrame, rtpFrame, Buffer.from('junk'), rtpFrame, rtcpFrame, Buffer.from(okReply)]),
      Buffer.from(
        'OPTIONS rtsp://a/ RTSP/1.0\r\nCSeq: 1\r\n\r\nREDIRECT rtsp://a/ RTSP/1.0\nLocation: x\n\n',
      ),
      Buffer.from('RTSP/1.0 401 Unauthorized\r\nCseq : 1\r\n folded\r\nWWW-Authenticate:\r\n\r\n'),
    ],
    tokens: [...textTokens, rtpFrame, rtcpFrame, Buffer.of(0x24), Buffer.from('Content-Length: 99999999999')],
    run(input) {
      const whole = readerEvents(input, () => input.length);
      // The cuts depend on the input alone, so that an input that was kept fails again.
      const step = 1 + ((input[0] ?? 0) % 7);
      assert.equal(
        readerEvents(input, () => step),
        whole,
        'what comes out depends on how the input was cut',
      );
    },
  },
  {
    name: 'rtsp-message',
    seeds: texts(
      okReply.slice(0, -4),
      'SETUP rtsp://h/p/track1 RTSP/1.0\r\nCSeq: 3\r\nTransport: RTP/AVP/TCP\r\n\r\n',
    ),
    tokens: textTokens,
    run(input) {
      const message = parseHead(latin1(input));
      if (!message) return;
      const length = contentLength(message.headers);
      assert.ok(length >= 0);
      const number = sequenceNumberOf(message);
      assert.ok(number === undefined || Number.isSafeInteger(number));
    },
  },
  {
    name: 'transport-header',
    seeds: texts(
      'RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=d6d66270;mode="PLAY"',
      'RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001;source=10.0.0.1;ssrc= d6d6627',
      'RTP/AVP;multicast;destination=239.1.2.3;port=5000-5001;ttl=16,RTP/AVP/TCP;interleaved=0',
    ),
    tokens: textTokens,
    run(input) {
      for (const transport of parseTransports(latin1(input))) {
        const again = parseTransports(formatTransport(transport));
        assert.equal(again.length, 1);
        assert.equal(again[0]!.protocol, transport.protocol);
        assert.deepEqual(again[0]!.interleaved, transport.interleaved);
        assert.deepEqual(again[0]!.serverPort, transport.serverPort);
      }
    },
  },
  {
    name: 'rtp-info-header',
    seeds: texts('url=rtsp://h/s/track1;seq=9810;rtptime=3450012,url=rtsp://h/s/track2;seq=1;rtptime=-1;'),
    tokens: textTokens,
    run(input) {
      const entries = parseRtpInfo(latin1(input));
      for (const { sequenceNumber, rtpTimestamp } of entries) {
        assert.ok(sequenceNumber === undefined || (sequenceNumber >= 0 && sequenceNumber <= 0xffff));
        assert.ok(rtpTimestamp === undefined || (rtpTimestamp >= 0 && rtpTimestamp <= 0xffffffff));
      }
      formatRtpInfo(entries);
    },
  },
  {
    name: 'range-header',
    seeds: texts(
      'npt=0:01:02.5-20',
      'npt=now-',
      'npt=-30',
      'clock=20260131T120000.25Z-20260131T121000Z',
      'smpte-25=00:10:00:12.50-00:10:20',
    ),
    tokens: [...textTokens, ...texts('npt=', 'clock=', 'smpte=', '-', 'T', 'Z', '.')],
    run(input) {
      const range = parseRange(latin1(input));
      if (!range) return;
      const { start = 0, end = start } = rangeEnds(range);
      assert.ok(start <= end || range.start === 'now');
      const written = formatRange(range);
      assert.equal(formatRange(parseRange(written)!), written);
    },
  },
  {
    name: 'session-header',
    seeds: texts('12345678; timeout = 60', 'abc;timeout="5";x=y'),
    tokens: textTokens,
    run(input) {
      const session = parseSession(latin1(input));
      if (session) assert.deepEqual(parseSession(formatSession(session)), session);
    },
  },
  {
    name: 'authentication-header',
    seeds: texts(
      'Digest realm="cam", nonce="abc", algorithm=SHA-256, qop="auth,auth-int", opaque="x", stale=TRUE',
      'Basic realm="cam", Digest realm="c\\"am", nonce=abc',
      'Digest nonce="1",algorithm=MD5-sess',
    ),
    tokens: textTokens,
    run(input) {
      const value = latin1(input);
      assert.ok(parseChallenges([value, value]).length <= 16);
      const request = { method: 'DESCRIBE', uri: 'rtsp://h/' };
      const state = challenged(startAuthentication('cnonce'), undefined, [value]).state;
      authorize(state, { username: 'u', password: 'p' }, request);
    },
  },
  {
    name: 'rtsp-url',
    seeds: texts(
      'rtsp://admin:p%40ss@192.168.1.10:554/stream?channel=1&subtype=0',
      'rtsps://[fe80::1%eth0]:322/a',
    ),
    tokens: textTokens,
    run(input) {
      const text = latin1(input);
      const { url } = splitCredentials(text);
      assert.equal(splitCredentials(url).url, url, 'a URL without credentials stays as it is');
      const { port } = parseRtspUrl(text);
      assert.ok(port > 0 && port < 65536);
    },
  },
  {
    name: 'control-url',
    seeds: texts('rtsp://h:554/s?x=1/\ntrackID=1', 'h/s\n/track1', '*\nrtsp://other/track'),
    tokens: textTokens,
    run(input) {
      const [base = '', control] = latin1(input).split('\n', 2);
      const message = parseHead(`RTSP/1.0 200 OK\r\nContent-Base: ${base}\r\n\r\n`);
      joinControl(controlBase('rtsp://host/path', message!.headers, control), control);
    },
  },
  {
    name: 'session-description',
    seeds: texts(
      [
        'v=0',
        'o=- 1 1 IN IP4 0.0.0.0',
        's=Stream',
        'c=IN IP4 239.1.1.1/16',
        't=0 0',
        'a=control:*',
        'm=video 0 RTP/AVP 96 97',
        'a=rtpmap:96 H264/90000',
        'a=fmtp:96 packetization-mode=1;profile-level-id=4d0028;sprop-parameter-sets=Z00AKA==,aO48gA==',
        'a=control:trackID=1',
        'a=framesize:96 1920-1080',
        'm=audio 0 RTP/AVP 0 104',
        'a=rtpmap:104 mpeg4-generic/48000/2',
        'a=fmtp:104 streamtype=5;mode=AAC-hbr;config=1190;sizeLength=13;indexLength=3;indexDeltaLength=3',
        'a=recvonly',
        'm=application 0 RTP/AVP 107',
        'a=rtpmap:107 vnd.onvif.metadata/90000',
        '',
      ].join('\r\n'),
      'm=video 0 RTP/AVP 26\nm=audio 5000 RTP/AVP 9\na=rtpmap:9 G722/8000',
      'm=application/TP-LINK 0 RTP/AVP smart\na=rtpmap:95 TP-LINK/90000\nm=video 0 RTP/AVP 96\na=rtpmap:96 H265/90000',
    ),
    tokens: [
      ...textTokens,
      ...texts('m=', 'a=', 'a=rtpmap:', 'a=fmtp:', 'c=IN IP4 ', 'RTP/AVP', '/90000', '96'),
    ],
    run(input) {
      const description = parseSessionDescription(latin1(input));
      assert.ok(description.media.length > 0 || description.ignored.length > 0);
      for (const { formats } of description.media) {
        for (const { payloadType, clockRate } of formats) {
          assert.ok(payloadType >= 0 && payloadType <= 127, parameters(formats));
          assert.ok(Number.isFinite(clockRate) && clockRate >= 0);
        }
      }
    },
  },
  {
    name: 'dialogue',
    seeds: texts(
      [
        'camera: Acme Box 1.2',
        'ids: C13',
        'login: admin secret',
        'C: SETUP',
        'C: Session: abc',
        'S: RTSP/1.0 200 OK',
        'S: Session: 66334873',
        'C?: GET_PARAMETER',
        'S: RTSP/1.0 400 Bad Request',
        'C: PLAY',
        'M: 0 h264 frames=10 fps=25',
        '$0: 80600001 00000002 00000003 0102',
        ' 030405',
        'wait: 5s',
        'X: "text"',
        'close:',
        '',
      ].join('\n'),
    ),
    tokens: [
      ...textTokens,
      ...texts('C: ', 'S: ', 'M: ', 'C?: ', '$0: ', '#', '\n ', 'wait: ', 'X: ', 'L: '),
    ],
    run(input) {
      const written = formatDialogue(parseDialogue(latin1(input), 'fuzz'));
      assert.equal(formatDialogue(parseDialogue(written, 'fuzz')), written);
    },
  },
  {
    name: 'onvif-document',
    seeds: texts(
      '<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><s:Body><d:ProbeMatches><d:ProbeMatch><d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>onvif://www.onvif.org/name/Cam%20A onvif://www.onvif.org/hardware/X1</d:Scopes><d:XAddrs>http://10.0.0.2/onvif/device_service</d:XAddrs></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>',
      '<a b="&amp;&#65;"><!-- c --><![CDATA[ d ]]></a>',
    ),
    tokens: [
      ...textTokens,
      ...texts('<', '>', '</a>', '<!--', '-->', '<![CDATA[', ']]>', '&', '&#', 'xmlns:x=""'),
    ],
    run(input) {
      readProbeMatches(input);
      readXml(latin1(input));
    },
  },
  {
    name: 'http-range',
    seeds: texts(
      'bytes=0-499\n"etag"\n"etag"',
      'bytes=-1\nSun, 06 Nov 1994 08:49:37 GMT\n*',
      'bytes=5-\nW/"x"\n"a", "b"',
    ),
    tokens: [...textTokens, ...texts('bytes=', '-', '"etag"')],
    run(input) {
      const [range, ifRange, ifNoneMatch] = latin1(input).split('\n');
      const whole = { etag: '"etag"', totalBytes: 1000, lastModifiedMs: 784_111_777_000 };
      const { status, start, end } = answerRange({ range, ifRange, ifNoneMatch }, whole);
      assert.ok(start >= 0 && start <= end && end <= 1000);
      if (status === 206) assert.ok(end > start);
    },
  },
  {
    name: 'instant',
    seeds: texts('1700000000000', '2026-03-29T01:30:00.123+01:00', '2026-03-29T01:30:00Z'),
    tokens: textTokens,
    run(input) {
      assert.ok(Number.isSafeInteger(parseInstant(latin1(input), 'from')));
    },
  },
];
