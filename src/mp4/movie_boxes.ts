/**
 * Boxes that describe a movie and its tracks: ISO/IEC 14496-12 sections 4.3, 8.2 to 8.7 and 8.8.1 to 8.8.3.
 *
 * Times of creation count seconds from 1904; 0 stands for "not said".
 */
import type { ByteWriter } from '../bytes/writer.ts';
import { box, fullBox } from './box.ts';

const u32Max = 0xffffffff;
const unixEpochSince1904 = 2_082_844_800;
/** `und` in the packed form of section 8.4.2.3: three letters of five bits. */
const undeterminedLanguage = 0x55c4;
/** The identity, as 16.16 numbers with the last column 2.30 (section 6.2.2). */
const unityMatrix = [0x00010000, 0, 0, 0, 0x00010000, 0, 0, 0, 0x40000000];

/** Seconds since 1904 as the boxes count them. */
export function creationSeconds(creationMs: number | undefined): number {
  return creationMs === undefined ? 0 : Math.floor(creationMs / 1000) + unixEpochSince1904;
}

/** File type (section 4.3). */
export function ftyp(writer: ByteWriter, majorBrand: string, compatibleBrands: readonly string[]): void {
  box(writer, 'ftyp', () => {
    writer.latin1(majorBrand);
    writer.u32(0);
    for (const brand of compatibleBrands) writer.latin1(brand);
  });
}

/** Where the duration stands in a version 0 `mvhd`, from the start of the box. */
export const mvhdDurationOffset = 24;

/** Movie header (section 8.2.2); version 1 when the duration or the time of creation needs it. */
export function mvhd(
  writer: ByteWriter,
  options: { timescale: number; duration: number; nextTrackId: number; creation: number },
): void {
  const { timescale, duration, nextTrackId, creation } = options;
  const version = timesVersion(duration, creation);
  fullBox(writer, 'mvhd', version, 0, () => {
    time(writer, version, creation);
    time(writer, version, creation);
    writer.u32(timescale);
    time(writer, version, duration);
    writer.u32(0x00010000);
    writer.u16(0x0100);
    writer.zeros(10);
    for (const value of unityMatrix) writer.u32(value);
    writer.zeros(24);
    writer.u32(nextTrackId);
  });
}

/** Track header (section 8.3.2) of a track that is enabled and in the presentation. */
export function tkhd(
  writer: ByteWriter,
  options: {
    trackId: number;
    kind: 'video' | 'audio';
    /** As displayed, in square pixels; 0 for audio. */
    width: number;
    height: number;
    /** In ticks of the movie. */
    duration: number;
    creation: number;
  },
): void {
  const { trackId, kind, width, height, duration, creation } = options;
  const version = timesVersion(duration, creation);
  fullBox(writer, 'tkhd', version, 0x3, () => {
    time(writer, version, creation);
    time(writer, version, creation);
    writer.u32(trackId);
    writer.u32(0);
    time(writer, version, duration);
    writer.zeros(8);
    writer.u16(0);
    writer.u16(kind === 'audio' ? 1 : 0);
    writer.u16(kind === 'audio' ? 0x0100 : 0);
    writer.u16(0);
    for (const value of unityMatrix) writer.u32(value);
    writer.u32(Math.round(width * 0x10000));
    writer.u32(Math.round(height * 0x10000));
  });
}

/** One entry of an edit list. */
export interface Edit {
  /** In ticks of the movie. */
  readonly duration: number;
  /** Presentation time in the media, in ticks of the track; -1 for an empty edit. */
  readonly mediaTicks: number;
}

/** Edit box and edit list (sections 8.6.5 and 8.6.6). */
export function edts(writer: ByteWriter, edits: readonly Edit[]): void {
  const version = elstVersion(edits);
  box(writer, 'edts', () => {
    fullBox(writer, 'elst', version, 0, () => {
      writer.u32(edits.length);
      for (const { duration, mediaTicks } of edits) {
        time(writer, version, duration);
        if (version === 1) writer.i64(mediaTicks);
        else writer.i32(mediaTicks);
        writer.u32(0x00010000);
      }
    });
  });
}

/** Media header (section 8.4.2). */
export function mdhd(
  writer: ByteWriter,
  options: { timescale: number; duration: number; creation: number },
): void {
  const { timescale, duration, creation } = options;
  const version = timesVersion(duration, creation);
  fullBox(writer, 'mdhd', version, 0, () => {
    time(writer, version, creation);
    time(writer, version, creation);
    writer.u32(timescale);
    time(writer, version, duration);
    writer.u16(undeterminedLanguage);
    writer.u16(0);
  });
}

/** Handler (section 8.4.3). */
export function hdlr(writer: ByteWriter, kind: 'video' | 'audio'): void {
  fullBox(writer, 'hdlr', 0, 0, () => {
    writer.u32(0);
    writer.latin1(kind === 'video' ? 'vide' : 'soun');
    writer.zeros(12);
    writer.latin1(kind === 'video' ? 'VideoHandler\0' : 'SoundHandler\0');
  });
}

/** Media information (section 8.4.4): `vmhd` or `smhd`, `dinf`, and the sample table that `stbl` writes. */
export function minf(writer: ByteWriter, kind: 'video' | 'audio', stbl: () => void): void {
  box(writer, 'minf', () => {
    if (kind === 'video') vmhd(writer);
    else smhd(writer);
    dinf(writer);
    stbl();
  });
}

/** Video media header (section 12.1.2). */
function vmhd(writer: ByteWriter): void {
  fullBox(writer, 'vmhd', 0, 1, () => writer.zeros(8));
}

/** Sound media header (section 12.2.2). */
function smhd(writer: ByteWriter): void {
  fullBox(writer, 'smhd', 0, 0, () => writer.zeros(4));
}

/** Data information (section 8.7): the media are in this file. */
function dinf(writer: ByteWriter): void {
  box(writer, 'dinf', () => {
    fullBox(writer, 'dref', 0, 0, () => {
      writer.u32(1);
      fullBox(writer, 'url ', 0, 1, () => {});
    });
  });
}

/** Where the duration stands in a version 0 `mehd`, from the start of the box. */
export const mehdDurationOffset = 12;

/** Movie extends header (section 8.8.2), version 0. */
export function mehd(writer: ByteWriter, duration: number): void {
  fullBox(writer, 'mehd', 0, 0, () => writer.u32(duration));
}

/** Track extends (section 8.8.3): what a `tfhd` leaves out, here the flags only. */
export function trex(writer: ByteWriter, trackId: number, sampleFlags: number): void {
  fullBox(writer, 'trex', 0, 0, () => {
    writer.u32(trackId);
    writer.u32(1);
    writer.u32(0);
    writer.u32(0);
    writer.u32(sampleFlags);
  });
}

const timesVersion = (duration: number, creation: number): number =>
  duration > u32Max || creation > u32Max ? 1 : 0;

function elstVersion(edits: readonly Edit[]): number {
  return edits.some(({ duration, mediaTicks }) => duration > u32Max || mediaTicks > 0x7fffffff) ? 1 : 0;
}

/** A time or duration: 32 bits in version 0 of its box, 64 in version 1. */
function time(writer: ByteWriter, version: number, value: number): void {
  if (version === 1) writer.u64(value);
  else writer.u32(value);
}
