/**
 * Reads a segment that may have been cut off anywhere, or have rubbish in it: by recovery, verification and the making
 * of the index anew. Only what its checksum vouches for is taken.
 *
 * A fragment whose checksum is wrong, but whose boxes are in place, is left out and the scan goes on behind it, so that
 * one flipped bit costs one second. Where the boxes are not in place the scan ends.
 *
 * A file that was cut off inside a `moof`, or in the first 24 bytes of a `uuid` box, is refused as a whole by ffprobe (as
 * any fragmented file that ends so); cut to `goodBytes` it is read.
 */
import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ByteReader } from '../bytes/reader.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { FragmentDamage } from '../footage/damaged_range.ts';
import type { FragmentEntry } from '../footage/segment.ts';
import { rescale, trackTicks, type UnixMillis } from '../units/time.ts';
import { boxHeaderBytes, uuidBoxHeaderBytes } from './box.ts';
import { boxHeader } from './box_walker.ts';
import { fragmentCheckBytes } from './fragment.ts';
import { prftBytes } from './fragment_boxes.ts';
import { maxFragmentDamageBytes, readFragmentDamage } from './fragment_damage.ts';
import { malformed, readingMp4 } from './malformed.ts';
import { readMoof, type StoredTrackFragment } from './moof_reader.ts';
import { fromNtpTime } from './ntp_time.ts';
import { decodeSampleTable, SampleTableBuilder } from './sample_table.ts';
import { maxHeaderBytes, readSegmentHeader, type SegmentHeader } from './segment_header.ts';
import { isUserType, userTypes } from './uuid.ts';

/** Media are read in pieces of this size, so that a file of any length needs no more memory. */
const readBytes = 1024 * 1024;
/** No `moof` is longer: it would describe far more samples than a fragment of a second has. */
const maxMoofBytes = 2 * 1024 * 1024;
/** No sample table is longer. */
const maxTailBytes = 8 * 1024 * 1024;
/** Damage beyond this many faults is not told one by one. */
const maxDamage = 20;

/** Reads bytes of the file; fewer than asked for only at its end. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

/** A whole fragment; the run clock gives it its wall time. */
export type ScannedFragment = Omit<FragmentEntry, 'startMs'>;

export interface SegmentScan {
  readonly header: SegmentHeader;
  readonly fragments: readonly ScannedFragment[];
  /** The samples of those fragments. */
  readonly table: SampleTableBuilder;
  /** End of the last whole fragment, or of the header when there is none: what follows can be cut off. */
  readonly goodBytes: number;
  /** SHA-256 from the first fragment to `goodBytes`, not yet finished. */
  readonly bodyHash: Hash;
  /** The sample table behind the last fragment, when it is whole. */
  readonly tail: { readonly offset: number; readonly bytes: number } | undefined;
  /** The close was finished: sample table and index are there, and nothing else follows. */
  readonly closed: boolean;
  /** Each fault, as a sentence. */
  readonly damage: readonly string[];
}

/**
 * Scans a segment.
 *
 * @param read must answer from the same file all the time; what it throws goes through
 * @throws NightjarError `file_malformed` when the header is not whole: then nothing in the file can be placed
 */
export async function scanSegment(read: ReadAt, fileBytes: number): Promise<SegmentScan> {
  const header = readSegmentHeader(await read(0, Math.min(fileBytes, maxHeaderBytes)));
  const scanner = new Scanner(read, fileBytes, header);
  return scanner.run();
}

/** What a fragment's boxes say, before its media were checked. */
interface FragmentHead {
  readonly prft: Uint8Array;
  /** Not yet read: only the checksum says whether it makes sense. */
  readonly moof: Uint8Array;
  /** Up to and including the header of the `mdat`. */
  readonly headBytes: number;
  /** Up to the end of the `mdat`. */
  readonly mediaBytes: number;
}

/** What the checksum of a fragment is of. */
interface CheckedFragment extends FragmentHead {
  /** The box that tells what was lost; empty when there is none. */
  readonly damage: Uint8Array;
  /** Up to the checksum. */
  readonly checkedBytes: number;
}

class Scanner {
  readonly #read: ReadAt;
  readonly #fileBytes: number;
  readonly #header: SegmentHeader;
  readonly #table: SampleTableBuilder;
  readonly #fragments: ScannedFragment[] = [];
  readonly #damage: string[] = [];
  #goodBytes: number;
  #bodyHash = createHash('sha256');

  constructor(read: ReadAt, fileBytes: number, header: SegmentHeader) {
    this.#read = read;
    this.#fileBytes = fileBytes;
    this.#header = header;
    this.#table = new SampleTableBuilder(header.tracks);
    this.#goodBytes = header.bytes.length;
  }

  async run(): Promise<SegmentScan> {
    let offset = this.#goodBytes;
    const running = this.#bodyHash.copy();
    try {
      while (offset < this.#fileBytes && !(await this.#isTail(offset)))
        offset = await this.#fragment(offset, running);
    } catch (error) {
      if (!(error instanceof NightjarError && error.code === 'file_malformed')) throw error;
      this.#report(`From byte ${offset} on: ${error.message}`);
    }
    return this.#finish();
  }

  /** @returns where the next fragment begins */
  async #fragment(offset: number, hash: Hash): Promise<number> {
    const head = await this.#withDamage(offset, await this.#head(offset));
    const end = offset + head.checkedBytes + fragmentCheckBytes;
    if (end > this.#fileBytes) throw malformed('A fragment is cut off.');
    const crc = await this.#checksum(offset, head.checkedBytes, hash);
    const check = await this.#exactly(offset + head.checkedBytes, fragmentCheckBytes);
    hash.update(check);
    if (isFragmentCheck(check, crc, head.checkedBytes)) this.#take(offset, head, hash);
    else this.#report(`The checksum of the fragment at byte ${offset} is wrong.`);
    return end;
  }

  /** Reads and checks the boxes before the media. */
  async #head(offset: number): Promise<FragmentHead> {
    const start = await this.#exactly(offset, prftBytes + boxHeaderBytes);
    const prft = expectBox(start, 0, 'prft');
    if (prft.bytes !== prftBytes) throw malformed('A prft has the wrong size.');
    const moof = expectBox(start, prftBytes, 'moof');
    if (moof.bytes > maxMoofBytes) throw malformed(`A moof claims ${moof.bytes} bytes.`);
    const rest = await this.#exactly(offset + prftBytes, moof.bytes + boxHeaderBytes);
    const mdat = expectBox(rest, moof.bytes, 'mdat');
    const headBytes = prftBytes + moof.bytes + boxHeaderBytes;
    return {
      prft: start,
      moof: rest.subarray(0, moof.bytes),
      headBytes,
      mediaBytes: headBytes - boxHeaderBytes + mdat.bytes,
    };
  }

  async #withDamage(offset: number, head: FragmentHead): Promise<CheckedFragment> {
    const at = offset + head.mediaBytes;
    const start = await this.#exactly(at, uuidBoxHeaderBytes);
    const none = { ...head, damage: new Uint8Array(0), checkedBytes: head.mediaBytes };
    if (!isUserType(start, boxHeaderBytes, userTypes.fragmentDamage)) return none;
    const { bytes } = expectBox(start, 0, 'uuid');
    if (bytes < uuidBoxHeaderBytes || bytes > maxFragmentDamageBytes)
      throw malformed(`A box about damage claims ${bytes} bytes.`);
    return {
      ...head,
      damage: await this.#exactly(at, bytes),
      checkedBytes: head.mediaBytes + bytes,
    };
  }

  async #checksum(offset: number, length: number, hash: Hash): Promise<number> {
    let crc = 0;
    for (let done = 0; done < length; ) {
      const piece = await this.#exactly(offset + done, Math.min(readBytes, length - done));
      crc = crc32(piece, crc);
      hash.update(piece);
      done += piece.length;
    }
    return crc;
  }

  #take(offset: number, head: CheckedFragment, hash: Hash): void {
    const bytes = head.checkedBytes + fragmentCheckBytes;
    const tracks = readMoof(head.moof);
    this.#checkSamples(tracks, head);
    for (const { trackId, decodeTicks, samples, dataOffset } of tracks) {
      this.#table.addStored(trackId, decodeTicks, samples, offset + prftBytes + dataOffset);
    }
    const damage: readonly FragmentDamage[] = readFragmentDamage(head.damage);
    this.#fragments.push({
      offset,
      bytes,
      ...this.#facts(tracks),
      arrivalMs: arrivalOf(head.prft),
      ...(damage.length > 0 && { damage }),
    });
    this.#goodBytes = offset + bytes;
    this.#bodyHash = hash.copy();
  }

  /** Every sample must lie in the `mdat` and belong to a track of the header. */
  #checkSamples(tracks: readonly StoredTrackFragment[], { headBytes, mediaBytes }: FragmentHead): void {
    for (const { trackId, dataOffset, samples } of tracks) {
      const bytes = samples.reduce((sum, { size }) => sum + size, 0);
      const start = prftBytes + dataOffset;
      if (start < headBytes || start + bytes > mediaBytes) {
        throw malformed('A sample lies outside of its fragment.');
      }
      if (!this.#header.tracks.some((track) => track.trackId === trackId)) {
        throw malformed(`A fragment has samples of track ${trackId}, which the header does not know.`);
      }
    }
  }

  /** The same facts that the fragment's writer told the index. */
  #facts(
    tracks: readonly StoredTrackFragment[],
  ): Pick<ScannedFragment, 'startTicks' | 'durationTicks' | 'keyFrame'> {
    const main = this.#header.tracks[0]!;
    const reference = tracks.find(({ trackId }) => trackId === main.trackId) ?? tracks[0];
    const first = reference?.samples[0];
    if (!reference || !first)
      return { startTicks: trackTicks(0), durationTicks: trackTicks(0), keyFrame: false };
    const { timescale } = this.#header.tracks.find(({ trackId }) => trackId === reference.trackId)!;
    const startTicks = rescale(reference.decodeTicks + first.compositionOffset, timescale, main.timescale);
    const isMain = reference.trackId === main.trackId;
    const duration = isMain ? reference.samples.reduce((sum, sample) => sum + sample.duration, 0) : 0;
    return {
      startTicks: trackTicks(startTicks),
      durationTicks: trackTicks(duration),
      keyFrame: isMain && first.keyFrame,
    };
  }

  async #isTail(offset: number): Promise<boolean> {
    const start = await this.#read(offset, Math.min(uuidBoxHeaderBytes, this.#fileBytes - offset));
    return boxHeader(start, 0)?.type === 'uuid' && isUserType(start, boxHeaderBytes, userTypes.sampleTable);
  }

  async #finish(): Promise<SegmentScan> {
    const tail = await this.#tail();
    const known = this.#goodBytes + (tail?.bytes ?? 0);
    const left = this.#fileBytes - known;
    if (left > 0) this.#report(`${left} bytes after byte ${known} are of no use.`);
    return {
      header: this.#header,
      fragments: this.#fragments,
      table: this.#table,
      goodBytes: this.#goodBytes,
      bodyHash: this.#bodyHash,
      tail,
      closed: tail !== undefined && left === 0 && (this.#header.hasIndex || this.#fragments.length === 0),
      damage: this.#damage,
    };
  }

  async #tail(): Promise<{ offset: number; bytes: number } | undefined> {
    const offset = this.#goodBytes;
    if (offset >= this.#fileBytes || !(await this.#isTail(offset))) return undefined;
    try {
      const { bytes } = boxHeader(await this.#exactly(offset, boxHeaderBytes), 0)!;
      if (bytes > maxTailBytes) throw malformed(`The sample table claims ${bytes} bytes.`);
      decodeSampleTable(await this.#exactly(offset, bytes));
      return { offset, bytes };
    } catch (error) {
      if (!(error instanceof NightjarError && error.code === 'file_malformed')) throw error;
      this.#report(error.message);
      return undefined;
    }
  }

  async #exactly(offset: number, length: number): Promise<Uint8Array> {
    if (offset + length > this.#fileBytes) throw malformed('The file ends inside a box.');
    const bytes = await this.#read(offset, length);
    if (bytes.length < length) throw malformed('The file is shorter than it says.');
    return bytes;
  }

  #report(fault: string): void {
    if (this.#damage.length < maxDamage) this.#damage.push(fault);
  }
}

function expectBox(bytes: Uint8Array, offset: number, type: string): { bytes: number } {
  const header = boxHeader(bytes, offset);
  if (header?.type !== type) throw malformed(`There is no ${type} where one belongs.`);
  if (header.headerBytes !== boxHeaderBytes || header.bytes < boxHeaderBytes) {
    throw malformed(`A ${type} has the wrong size.`);
  }
  return header;
}

function arrivalOf(prft: Uint8Array): UnixMillis {
  return readingMp4('A prft', () => {
    const reader = new ByteReader(prft, boxHeaderBytes + 8);
    return fromNtpTime({ seconds: reader.u32(), fraction: reader.u32() });
  });
}

function isFragmentCheck(check: Uint8Array, crc: number, length: number): boolean {
  if (!isUserType(check, boxHeaderBytes, userTypes.fragmentCheck)) return false;
  const reader = new ByteReader(check, uuidBoxHeaderBytes);
  return reader.u32() === crc && reader.u32() === length;
}
