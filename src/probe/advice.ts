/**
 * What a person can do about what a probe found: rules from facts to sentences, each for itself.
 *
 * `problem`: footage is lost, wrong or missing. `caution`: it is whole, and something about it will disappoint.
 * `hint`: nothing is wrong, and something could be better.
 */
import type { ErrorCode } from '../errors/catalogue.ts';
import type { Transport } from '../recorder/transport_choice.ts';
import { lasting, percent, seconds, times } from './amount_words.ts';
import type { Advice, AdviceLevel, ProbeReport } from './probe_report.ts';

/** What advice is drawn from. */
export type ProbeFacts = Omit<ProbeReport, 'advice' | 'dialogue' | 'startedMs'>;

export interface ProbeCircumstances {
  readonly scheme: 'rtsp' | 'rtsps';
  readonly withPassword: boolean;
}

interface Rule {
  readonly code: string;
  readonly level: AdviceLevel;
  readonly say: (facts: ProbeFacts, circumstances: ProbeCircumstances) => string | undefined;
}

/** Playback and live pictures begin at key frames: beyond this they begin late. */
const longKeyFrameMs = 4_000;
const hugeKeyFrameMs = 10_000;
const slowFramesPerSecond = 5;
const offMs = 60_000;
const farOffMs = 30 * 60_000;
/** Such a clock was never set: it counts from its own start, or from 1970. */
const neverSetMs = 365 * 86_400_000;
const jitterMs = 100;
const driftPpm = 300;
/** Part of the packets. */
const noticeableLoss = 0.0005;
const wantedKeyFrameS = 2;

const transportNames: Record<string, string> = {
  tcp: 'TCP',
  udp: 'UDP',
  multicast: 'multicast',
  http: 'HTTP',
  websocket: 'WebSocket',
};
const transportName = (transport: Transport) => transportNames[transport] ?? transport;

/** Sound that no browser plays from MP4. */
const unplayableAudio = new Set(['pcmu', 'pcma', 'g722', 'g726', 'l16']);
const audioNames: Record<string, string> = {
  pcmu: 'G.711 µ-law',
  pcma: 'G.711 A-law',
  g722: 'G.722',
  g726: 'G.726',
  l16: 'L16',
};

const failed = (facts: ProbeFacts, ...codes: ErrorCode[]) =>
  facts.error !== undefined && codes.includes(facts.error.code);
const packetsOf = (facts: ProbeFacts) => facts.packets + facts.packetsLost;
const sum = (facts: ProbeFacts, field: 'reordered' | 'timestampStrays' | 'timelineBreaks' | 'rtcpPackets') =>
  facts.delivery.reduce((total, medium) => total + medium[field], 0);

const rules: readonly Rule[] = [
  {
    code: 'password_missing',
    level: 'problem',
    say: (facts, { withPassword }) =>
      failed(facts, 'camera_authentication') && !withPassword
        ? 'The camera wants a user name and a password: give them with --username and --password, or in the form of the camera.'
        : undefined,
  },
  {
    code: 'password_wrong',
    level: 'problem',
    say: (facts, { withPassword }) =>
      failed(facts, 'camera_authentication') && withPassword
        ? 'The camera refuses this user name and password. Try them in its own web page. Some cameras have users of their own for RTSP or ONVIF, and many lock an account for minutes after some wrong tries.'
        : undefined,
  },
  {
    code: 'not_rtsp',
    level: 'problem',
    say: (facts) =>
      failed(facts, 'rtsp_malformed')
        ? 'Another service listens at this port. RTSP is at port 554 in most cameras, and over TLS at 322: look in the settings of the camera.'
        : undefined,
  },
  {
    code: 'path_unknown',
    level: 'problem',
    say: (facts) =>
      failed(facts, 'camera_path_not_found')
        ? 'The camera has no stream at this path: `nightjar discover` with user name and password lists the addresses of its streams, if it speaks ONVIF.'
        : undefined,
  },
  {
    code: 'multicast_unreachable',
    level: 'problem',
    say: (facts) =>
      failed(facts, 'no_packets') && facts.transport === 'multicast' && facts.packets === 0
        ? 'No multicast packet came: it ends at routers, and at switches that filter it (IGMP snooping without a querier). Use TCP, unless many recorders watch this camera.'
        : undefined,
  },
  {
    code: 'nothing_sent',
    level: 'problem',
    say: (facts) =>
      failed(facts, 'no_packets') && facts.transport !== 'multicast' && facts.packets === 0
        ? 'The camera accepted PLAY and sent nothing. Restart it, see whether too many others watch it, and for UDP whether a firewall keeps its packets out.'
        : undefined,
  },
  {
    code: 'stopped_sending',
    level: 'problem',
    say: (facts) =>
      failed(facts, 'no_packets') && facts.packets > 0
        ? `The camera sent ${facts.packets} packets and then nothing more. See whether it restarts, and whether its link (Wi-Fi?) is good enough.`
        : undefined,
  },
  {
    code: 'no_key_frame',
    level: 'problem',
    say: (facts) =>
      failed(facts, 'no_key_frame') && facts.packets > 0
        ? `Packets come, but no whole key frame, and nothing can be shown without one: set the key frame interval ("I-frame interval", "GOP") to ${wantedKeyFrameS} s${framesOf(facts)}, and switch smart coding off.`
        : undefined,
  },
  {
    code: 'tcp_silent',
    level: 'caution',
    say: ({ failedAttempts, transport, error }) => {
      const tcp = failedAttempts.find((attempt) => attempt.transport === 'tcp');
      if (error || !tcp) return undefined;
      const what = tcp.code === 'no_packets' ? 'sends nothing over TCP' : 'refuses TCP';
      return `The camera ${what}, and works over ${transportName(transport)}. Choose that as the transport, so that no time is lost at each connection.`;
    },
  },
  {
    code: 'loss_over_udp',
    level: 'problem',
    say: (facts) => {
      if (!overDatagrams(facts) || !isLossy(facts)) return undefined;
      const refused = facts.failedAttempts.some(({ transport }) => transport === 'tcp');
      const what = refused
        ? 'see whether its link (Wi-Fi?) is good enough, and try --transport http or websocket, which send them again'
        : 'use TCP, which sends them again';
      return `${percent(facts.packetsLost / packetsOf(facts))} of the packets were lost on the way: ${what}.`;
    },
  },
  {
    code: 'loss_over_tcp',
    level: 'problem',
    say: (facts) =>
      !overDatagrams(facts) && isLossy(facts)
        ? `${percent(facts.packetsLost / packetsOf(facts))} of the packets never came, though TCP loses none: the camera drops them itself. Lower its bitrate or the number of those who watch it, and see whether its link (Wi-Fi?) is good enough.`
        : undefined,
  },
  {
    code: 'framing_lost',
    level: 'problem',
    say: ({ framingBytesLost, transport }) =>
      framingBytesLost > 0
        ? `The camera broke the framing of its stream (${framingBytesLost} bytes were passed over), which old firmware does when the link is slow. Update it, lower the bitrate${transport === 'tcp' ? ', or try --transport udp' : ''}.`
        : undefined,
  },
  {
    code: 'smart_coding',
    level: 'caution',
    say: ({ video, packetsLost }) => {
      // A key frame that got lost doubles a distance.
      if (packetsLost > 0) return undefined;
      const { min = 0, max = 0 } = video?.keyFrameIntervalsMs ?? {};
      return max > longKeyFrameMs && max > 2 * min
        ? `Key frames come at irregular distances, from ${seconds(min)} to ${seconds(max)}: smart coding seems to be on ("H.264+", "H.265+", "Smart Codec", "Zipstream"). Everything is recorded, but jumping in it is slow where they are far apart; switch it off, or limit the distance.`
        : undefined;
    },
  },
  {
    code: 'key_frames_far_apart',
    level: 'caution',
    say: (facts) => {
      const { video, observedMs } = facts;
      if (!video || video.keyFrames === 0) return undefined;
      const { median, max } = video.keyFrameIntervalsMs ?? { median: observedMs, max: observedMs };
      if (median <= longKeyFrameMs && max <= hugeKeyFrameMs) return undefined;
      const often = video.keyFrameIntervalsMs
        ? `every ${seconds(median)}`
        : `less often than every ${seconds(observedMs)}`;
      return `Key frames come ${often}: live pictures and playback begin at one, so both begin late. Set the key frame interval ("I-frame interval", "GOP") to ${wantedKeyFrameS} s${framesOf(facts)}.`;
    },
  },
  {
    code: 'key_frames_too_often',
    level: 'hint',
    say: ({ video }) => {
      const median = video?.keyFrameIntervalsMs?.median ?? Number.POSITIVE_INFINITY;
      return video && video.keyFrames >= 4 && median < 400 && video.codec !== 'jpeg'
        ? `Key frames come every ${seconds(median)}, which costs much room for little: ${wantedKeyFrameS} s are enough.`
        : undefined;
    },
  },
  {
    code: 'h265',
    level: 'caution',
    say: ({ video }) =>
      video?.codec === 'h265'
        ? 'H.265 is recorded as it is, but not every browser can show it. Let the sub stream send H.264, so that there is a picture everywhere.'
        : undefined,
  },
  {
    code: 'motion_jpeg',
    level: 'caution',
    say: ({ video }) =>
      video?.codec === 'jpeg'
        ? 'Motion JPEG needs many times the room of H.264, and browsers do not play it from a recording: choose H.264 if the camera has it.'
        : undefined,
  },
  {
    code: 'b_frames',
    level: 'hint',
    say: ({ video }) =>
      video && video.reorderedFrames > 0
        ? 'The camera sends B-frames, which make live pictures later. Choose the Baseline or Main profile without them if that matters.'
        : undefined,
  },
  {
    code: 'few_frames',
    level: 'hint',
    say: ({ video }) =>
      video && video.frames > 1 && video.framesPerSecond <= slowFramesPerSecond
        ? `${video.framesPerSecond} frames a second are few: quick events may fall between two. 10 to 15 are usual.`
        : undefined,
  },
  {
    code: 'size_changes',
    level: 'caution',
    say: ({ video }) =>
      video && video.sizeChanges > 0
        ? `The size of the picture changed ${times(video.sizeChanges)} while it was looked at. Each change begins a new file; see whether the camera switches between profiles, or adapts to the network.`
        : undefined,
  },
  {
    code: 'audio_unplayable',
    level: 'hint',
    say: ({ audio }) =>
      audio && unplayableAudio.has(audio.codec)
        ? `The sound (${audioNames[audio.codec] ?? audio.codec}) is recorded, but browsers do not play it: choose AAC in the camera.`
        : undefined,
  },
  {
    code: 'audio_left_out',
    level: 'caution',
    say: ({ offered, error }) => {
      const sound = offered.filter(({ kind }) => kind === 'audio');
      if (error || sound.length === 0 || sound.some(({ recorded }) => recorded)) return undefined;
      return `The sound is not recorded (${sound[0]!.reason}): choose AAC or G.711 in the camera.`;
    },
  },
  {
    code: 'audio_silent',
    level: 'caution',
    say: ({ audio, error }) =>
      audio && audio.frames === 0 && !error
        ? 'The camera announces sound and sends none: see whether its microphone is switched on.'
        : undefined,
  },
  {
    code: 'clock_never_set',
    level: 'caution',
    say: ({ clock: { offsetMs = 0 } }) =>
      Math.abs(offsetMs) > neverSetMs
        ? 'The clock of the camera was never set, as far as its sender reports tell. Recordings have the time of this computer, but what the camera writes into the picture is wrong: let it use an NTP server.'
        : undefined,
  },
  {
    code: 'clock_off',
    level: 'caution',
    say: ({ clock: { offsetMs = 0 } }) => {
      const off = Math.abs(offsetMs);
      if (off <= offMs || off > neverSetMs) return undefined;
      const zone = off > farOffMs ? ' and see whether its time zone is right' : '';
      return `The clock of the camera is ${lasting(off)} ${offsetMs > 0 ? 'ahead' : 'behind'}. Recordings have the time of this computer, but what the camera writes into the picture is wrong, and ONVIF may refuse the password: let it use an NTP server${zone}.`;
    },
  },
  {
    code: 'clock_drifts',
    level: 'hint',
    say: ({ clock: { drift } }) =>
      drift && Math.abs(drift.ppm) - drift.uncertaintyPpm > driftPpm
        ? `The media clock of the camera is ${Math.abs(drift.ppm)} ppm too ${drift.ppm > 0 ? 'fast' : 'slow'}, ${seconds(Math.abs(drift.ppm) * 86.4)} a day: recordings are kept in step, at most 500 ppm.`
        : undefined,
  },
  {
    code: 'no_rtcp',
    level: 'hint',
    say: (facts) =>
      !facts.error && facts.observedMs >= 8_000 && sum(facts, 'rtcpPackets') === 0
        ? 'The camera sends no RTCP: picture and sound are put in step by their arrival alone.'
        : undefined,
  },
  {
    code: 'time_stamps',
    level: 'problem',
    say: (facts) => {
      const strays = sum(facts, 'timestampStrays');
      if (strays + sum(facts, 'timelineBreaks') === 0) return undefined;
      return 'The time stamps of the camera jump. They are put right by their arrival, and a jump that lasts begins a new file: update the firmware, and see whether something else sets the clock of the camera again and again.';
    },
  },
  {
    code: 'jitter',
    level: 'hint',
    say: ({ delivery }) => {
      const worst = Math.max(
        0,
        ...delivery.filter(({ medium }) => medium === 'video').map((each) => each.jitterMs),
      );
      return worst > jitterMs
        ? `Packets come unevenly (jitter ${Math.round(worst)} ms): live pictures may stutter. See whether the link of the camera (Wi-Fi?) is good enough.`
        : undefined;
    },
  },
  {
    code: 'packets_reordered',
    level: 'hint',
    say: (facts) => {
      const reordered = sum(facts, 'reordered');
      return reordered > packetsOf(facts) * 0.01
        ? `${reordered} packets overtook others. They were put in order again; TCP would keep it.`
        : undefined;
    },
  },
  {
    code: 'weak_authentication',
    level: 'hint',
    say: ({ authentication, error }, { scheme, withPassword }) => {
      if (error || scheme === 'rtsps' || !withPassword || authentication.length === 0) return undefined;
      if (authentication.includes('Digest SHA-256')) return undefined;
      if (authentication.includes('Digest MD5')) {
        return 'The password is protected by Digest with MD5 alone, on a connection that is not encrypted: keep cameras on a network of their own, or use rtsps: if this one can.';
      }
      return 'The password goes over the network readable by anybody (Basic): switch the camera to Digest authentication, or use rtsps:.';
    },
  },
];

/** Advice for what was found, what matters most first. */
export function adviceFor(facts: ProbeFacts, circumstances: ProbeCircumstances): Advice[] {
  const order: Record<AdviceLevel, number> = { problem: 0, caution: 1, hint: 2 };
  return rules
    .map(({ code, level, say }) => ({ code, level, text: say(facts, circumstances) }))
    .filter((advice): advice is Advice => advice.text !== undefined)
    .sort((a, b) => order[a.level] - order[b.level]);
}

function overDatagrams({ transport }: ProbeFacts): boolean {
  return transport === 'udp' || transport === 'multicast';
}

function isLossy(facts: ProbeFacts): boolean {
  return facts.packetsLost > 0 && facts.packetsLost / packetsOf(facts) >= noticeableLoss;
}

/** `, which are 50 frames`, where the frame rate is known. */
function framesOf({ video }: ProbeFacts): string {
  const frames = Math.round((video?.framesPerSecond ?? 0) * wantedKeyFrameS);
  return frames > 0 ? ` (${frames} frames)` : '';
}
