import type { StreamSession } from '../recorder/stream_session.ts';
import { parseChallenges } from '../rtsp/digest.ts';
import type { SecretMask } from '../rtsp/secret_mask.ts';
import { type OfferedMedium, offeredMedia } from './offered_media.ts';
import type { AudioFindings, DeliveryFindings, ProbeReport, VideoFindings } from './probe_report.ts';
import type { SessionWitness } from './session_witness.ts';
import type { UnitMeter } from './unit_meter.ts';

/** What one session showed. */
export type SessionFindings = Omit<
  ProbeReport,
  'startedMs' | 'url' | 'transport' | 'failedAttempts' | 'advice' | 'dialogue' | 'error'
>;

/** Without secrets, whatever the camera says. */
export function findingsOf(options: {
  session: Pick<StreamSession, 'description' | 'notes' | 'media' | 'figures' | 'videoTrack' | 'audioTrack'>;
  witness: SessionWitness;
  meter: UnitMeter;
  warnings: readonly string[];
  mask: SecretMask;
}): SessionFindings {
  const { session, witness, meter, warnings, mask } = options;
  const { description, figures, media } = session;
  const notes = [...session.notes, ...warnings].map((note) => mask.text(note));
  const video = videoFindings(session, meter);
  const audio = audioFindings(session, meter);
  return {
    ...(witness.server !== undefined && { server: mask.text(witness.server) }),
    timing: { ...witness.timing },
    offered: description
      ? offeredMedia(description, new Set(media.map(({ index }) => index)), session.notes).map((medium) =>
          withoutSecrets(medium, mask),
        )
      : [],
    observedMs: Math.round(meter.video?.figures.mediaMs ?? 0),
    ...(video && { video }),
    ...(audio && { audio }),
    ...(figures.metadataPackets > 0 && {
      metadata: {
        packets: figures.metadataPackets,
        documents: figures.metadataDocuments,
        bytes: figures.metadataBytes,
        lost: figures.metadataLost,
      },
    }),
    delivery: media.map((medium) => deliveryFindings(medium, witness, meter)),
    packets: figures.packets,
    packetsLost: figures.packetsLost,
    damagedUnits: meter.damagedUnits,
    framingBytesLost: figures.framingBytesLost,
    clock: clockFindings(session, witness, meter),
    authentication: authenticationWords(witness.challenges),
    notes,
  };
}

function withoutSecrets(medium: OfferedMedium, mask: SecretMask): OfferedMedium {
  const { formats, reason } = medium;
  return {
    ...medium,
    formats: formats.map((format) => mask.text(format)),
    ...(reason !== undefined && { reason: mask.text(reason) }),
  };
}

function videoFindings(
  { videoTrack: track }: Pick<StreamSession, 'videoTrack'>,
  { video, keyFrames, picturesBefore, sizeChanges }: UnitMeter,
): VideoFindings | undefined {
  if (!track) return undefined;
  const figures = video?.figures;
  const { keyFrameIntervalMs, unitIntervalMs, units = 0, mediaMs = 0 } = figures ?? {};
  const reorderDepth = 'reorderDepth' in track ? track.reorderDepth : undefined;
  return {
    codec: track.codec,
    codecString: track.codecString,
    width: track.width,
    height: track.height,
    framesPerSecond: mediaMs > 0 ? Math.round(((units - 1) * 10_000) / mediaMs) / 10 : 0,
    bitsPerSecond: figures?.bitsPerSecond ?? 0,
    peakBitsPerSecond: figures?.peakBitsPerSecond ?? 0,
    frames: units,
    framesBefore: picturesBefore,
    keyFrames,
    ...(keyFrameIntervalMs && {
      keyFrameIntervalMs: Math.round(keyFrameIntervalMs.median),
      keyFrameIntervalsMs: keyFrameIntervalMs,
    }),
    ...(unitIntervalMs && { frameIntervalsMs: unitIntervalMs }),
    ...(reorderDepth !== undefined && { reorderDepth }),
    reorderedFrames: figures?.reorderedUnits ?? 0,
    sizeChanges,
  };
}

function audioFindings(
  { audioTrack: track }: Pick<StreamSession, 'audioTrack'>,
  { audio }: UnitMeter,
): AudioFindings | undefined {
  if (!track) return undefined;
  const figures = audio?.figures;
  return {
    codec: track.codec,
    codecString: track.codecString,
    sampleRate: track.sampleRate,
    channels: track.channels,
    bitsPerSecond: figures?.bitsPerSecond ?? 0,
    peakBitsPerSecond: figures?.peakBitsPerSecond ?? 0,
    frames: figures?.units ?? 0,
  };
}

function deliveryFindings(
  { index, kind, stats, superfluous }: StreamSession['media'][number],
  witness: SessionWitness,
  meter: UnitMeter,
): DeliveryFindings {
  const packets = witness.packets.get(index)?.figures;
  const units = (kind === 'video' ? meter.video : meter.audio)?.figures;
  return {
    medium: kind,
    packets: packets?.packets ?? 0,
    bytes: packets?.bytes ?? 0,
    packetsLost: stats.lost,
    duplicates: packets?.duplicates ?? 0,
    reordered: packets?.reordered ?? 0,
    late: Math.max(0, superfluous - (packets?.duplicates ?? 0)),
    sequenceRestarts: packets?.sequenceRestarts ?? 0,
    otherPackets: packets?.otherPackets ?? 0,
    jitterMs: Math.round((packets?.jitterMs ?? 0) * 10) / 10,
    burstMs: units?.burstMs ?? 0,
    timestampStrays: units?.strays ?? 0,
    timelineBreaks: units?.timelineBreaks ?? 0,
    rtcpPackets: witness.senders.get(index)?.figures.rtcpPackets ?? 0,
  };
}

/** Of the video, or of what else says it. */
function clockFindings(
  { media }: Pick<StreamSession, 'media'>,
  { senders }: SessionWitness,
  meter: UnitMeter,
): ProbeReport['clock'] {
  const ordered = [...media].sort((a) => (a.kind === 'video' ? -1 : 1));
  const figures = ordered
    .map(({ index }) => senders.get(index)?.figures)
    .filter((each) => each !== undefined);
  const reports = figures.reduce((sum, { senderReports }) => sum + senderReports, 0);
  const telling = figures.find(({ clockOffsetMs }) => clockOffsetMs !== undefined);
  const drift = meter.video?.figures.drift;
  return {
    senderReports: reports,
    ...(telling && { offsetMs: telling.clockOffsetMs!, spreadMs: telling.clockSpreadMs! }),
    ...(drift && { drift }),
  };
}

/** `Digest SHA-256`, `Digest MD5`, `Basic`: each once, in the order in which they were offered. */
function authenticationWords(challenges: readonly string[]): string[] {
  const words = parseChallenges(challenges).map((challenge) => {
    if (challenge.scheme === 'basic') return 'Basic';
    return `Digest ${challenge.hash === 'md5' ? 'MD5' : 'SHA-256'}`;
  });
  return [...new Set(words)];
}
