/**
 * Reads a segment that may have been cut off anywhere, or have rubbish in it: by recovery, verification and the making
 * of the index anew. Only what its checksum vouches for is taken.
 *
 * A fragment whose checksum is wrong, but whose boxes are in place, is left out and the scan goes on behind it, so that
 * one flipped bit costs one second. Where the boxes are not in place the next fragment with a good checksum is looked for.
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
import { fragmentActivityBytes, readFragmentActivity } from './fragment_activity.ts';
import { prftBytes } from './fragment_boxes.ts';
import { maxFragmentDamageBytes, readFragmentDamage } from './fragment_damage.ts';
import { FragmentSearch } from './fragment_search.ts';
import { malformed, readingMp4 } from './malformed.ts';
import { readMoof, type StoredTrackFragment } from './moof_reader.ts';
import { fromNtpTime } from './ntp_time.ts';
import type { ReadAt } from './read_at.ts';
import { decodeSampleTable, SampleTableBuilder } from './sample_table.ts';
import { maxHeaderBytes, readSegmentHeader, type SegmentHeader } from './segment_header.ts';
import { contentEnd } from './unfinished.ts';
import { isUserType, userTypes } from './uuid.ts';

/** Media are read in pieces of this size, so that a file of any length needs no more memory. */
const readBytes = 1024 * 1024;
/** No `moof` is longer: it would describe far more samples than a fragment of a second has. */
const maxMoofBytes = 2 * 1024 * 1024;
/** No sample table is longer. */
const maxTailBytes = 8 * 1024 * 1024;
/** A search reads twice the file and this much again at most: made-up boxes could make it read the same without end. */
const searchBytes = 64 * 1024 * 1024;
/** What looking at such boxes counts at least. */
const leastEffortBytes = 4096;
/** Damage beyond this many faults is not told one by one. */
const maxDamage = 20;
/** A checksum ends with a length, whose last bytes may be zero. */
const zeroesOfLength = 3;

/** A whole fragment; the run clock gives it its wall time. */
export type ScannedFragment = Omit<FragmentEntry, 'startMs'>;

export interface SegmentScan {
  readonly header: SegmentHeader;
  readonly fragments: readonly ScannedFragment[];
  /** The samples of those fragments. */
  readonly table: SampleTableBuilder;
  /**
   * End of the last whole fragment, or of the header when there is none; with a sample table its begin, since a file that
   * was finished is not cut.
   */
  readonly goodBytes: number;
  /**
   * What follows `goodBytes` and the sample table is more than zeros, or a fragment or sample table that was being written
   * as the file ended: whoever cuts it off keeps it elsewhere.
   */
  readonly keepRest: boolean;
  /** SHA-256 from the header to `goodBytes`, not yet finished. */
  readonly bodyHash: Hash;
  /** The sample table at `goodBytes`, when it is whole. */
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

/**
 * When the first packet of the first fragment arrived; undefined when its box is not whole.
 *
 * @param bytes the file from its start, with a little more than the header
 */
export function firstArrival(bytes: Uint8Array, header: SegmentHeader): UnixMillis | undefined {
  const prft = bytes.subarray(header.bytes.length);
  return prft.length >= prftBytes && boxHeader(prft, 0)?.type === 'prft' ? arrivalOf(prft) : undefined;
}

/** Where a fragment's boxes lie, from its begin. Whether they make sense only the checksum says. */
interface FragmentBoxes {
  readonly prft: Uint8Array;
  readonly moofBytes: number;
  /** Up to and including the header of the `mdat`. */
  readonly headBytes: number;
  /** Up to the end of the `mdat`. */
  readonly mediaBytes: number;
  /** The box that tells what was lost; empty when there is none. */
  readonly damage: Uint8Array;
  /** The box that tells how active the pictures are; empty when there is none. */
  readonly activity: Uint8Array;
  /** Up to the checksum. */
  readonly checkedBytes: number;
  readonly crc: number;
}

type Tail = NonNullable<SegmentScan['tail']>;

class Scanner {
  readonly #read: ReadAt;
  readonly #fileBytes: number;
  readonly #header: SegmentHeader;
  readonly #table: SampleTableBuilder;
  readonly #fragments: ScannedFragment[] = [];
  readonly #damage: string[] = [];
  readonly #search: FragmentSearch;
  /** What a search may still read of boxes that turn out to be none. */
  #allowance: number;
  /** A search came upon what may be more footage, and cannot be taken. */
  #sawMore = false;
  #goodBytes: number;
  #bodyHash = createHash('sha256');
  /** Runs ahead of `#bodyHash`, over what may turn out to lie between good fragments. */
  #running: { readonly hash: Hash; readonly offset: number };
  #tail: Tail | undefined;

  constructor(read: ReadAt, fileBytes: number, header: SegmentHeader) {
    this.#read = read;
    this.#fileBytes = fileBytes;
    this.#header = header;
    this.#table = new SampleTableBuilder(header.tracks);
    this.#search = new FragmentSearch(read, fileBytes);
    this.#allowance = 2 * fileBytes + searchBytes;
    this.#goodBytes = header.bytes.length;
    this.#running = { hash: createHash('sha256'), offset: this.#goodBytes };
  }

  async run(): Promise<SegmentScan> {
    let offset: number | undefined = this.#goodBytes;
    while (offset !== undefined && offset < this.#fileBytes && !this.#tail) {
      offset = await this.#step(offset);
    }
    return this.#finish();
  }

  /** @returns where the next fragment begins; undefined when none can be found any more */
  async #step(offset: number): Promise<number | undefined> {
    try {
      if (await this.#isTail(offset)) return this.#takeTail(await this.#wholeTail(offset));
      const boxes = await this.#boxes(offset, this.#fileBytes);
      if (boxes === 'cut off') throw malformed('A fragment is cut off.');
      if (!(await this.#take(offset, boxes))) {
        this.#report(`The checksum of the fragment at byte ${offset} is wrong.`);
      }
      return offset + boxes.checkedBytes + fragmentCheckBytes;
    } catch (error) {
      if (!isMalformed(error)) throw error;
      const next = await this.#searchFrom(offset + 1);
      const where = next === undefined ? `From byte ${offset} on` : `Before byte ${next}, from ${offset} on`;
      this.#report(`${where}: ${error.message}`);
      return next;
    }
  }

  /** Takes the next fragment that is whole, or the sample table of a finished file. @returns where it ends */
  async #searchFrom(from: number): Promise<number | undefined> {
    let place = await this.#search.next(from);
    for (; place !== undefined; place = await this.#search.next(place + 1)) {
      try {
        const end = await this.#takeFound(place);
        if (end !== undefined) return end;
      } catch (error) {
        if (!isMalformed(error)) throw error;
      }
      this.#sawMore = true;
      this.#allowance -= leastEffortBytes;
      if (this.#allowance < 0) return undefined;
    }
    return undefined;
  }

  async #takeFound(offset: number): Promise<number | undefined> {
    if (await this.#isTail(offset)) {
      const { bytes } = boxHeader(await this.#exactly(offset, boxHeaderBytes), 0)!;
      if (offset + bytes !== this.#fileBytes || this.#fragments.length === 0) return undefined;
      this.#allowance -= maxTailBytes;
      return this.#takeTail(await this.#wholeTail(offset));
    }
    const boxes = await this.#boxes(offset, this.#fileBytes);
    if (boxes === 'cut off') return undefined;
    if (await this.#take(offset, boxes)) return this.#goodBytes;
    this.#allowance -= boxes.checkedBytes;
    return undefined;
  }

  /** Reads a fragment's boxes but for the media and their description. Throws where they are not in place. */
  async #boxes(offset: number, end: number): Promise<FragmentBoxes | 'cut off'> {
    const isThere = (at: number, length: number) => offset + at + length <= end;
    if (!isThere(0, prftBytes + boxHeaderBytes)) return 'cut off';
    const prft = await this.#exactly(offset, prftBytes + boxHeaderBytes);
    if (expectBox(prft, 0, 'prft').bytes !== prftBytes) throw malformed('A prft has the wrong size.');
    const moofBytes = expectBox(prft, prftBytes, 'moof').bytes;
    if (moofBytes > maxMoofBytes) throw malformed(`A moof claims ${moofBytes} bytes.`);
    const headBytes = prftBytes + moofBytes + boxHeaderBytes;
    if (!isThere(0, headBytes)) return 'cut off';
    const mdat = await this.#exactly(offset + headBytes - boxHeaderBytes, boxHeaderBytes);
    const mediaBytes = headBytes - boxHeaderBytes + expectBox(mdat, 0, 'mdat').bytes;
    if (!isThere(mediaBytes, uuidBoxHeaderBytes)) return 'cut off';
    const damage = await this.#noteBox(
      offset + mediaBytes,
      end,
      userTypes.fragmentDamage,
      maxFragmentDamageBytes,
    );
    if (damage === 'cut off') return damage;
    const behindDamage = mediaBytes + damage.length;
    if (!isThere(behindDamage, uuidBoxHeaderBytes)) return 'cut off';
    const activity = await this.#noteBox(
      offset + behindDamage,
      end,
      userTypes.fragmentActivity,
      fragmentActivityBytes,
    );
    if (activity === 'cut off') return activity;
    const checkedBytes = behindDamage + activity.length;
    if (!isThere(checkedBytes, fragmentCheckBytes)) return 'cut off';
    const crc = checkedCrc(await this.#exactly(offset + checkedBytes, fragmentCheckBytes), checkedBytes);
    return { prft, moofBytes, headBytes, mediaBytes, damage, activity, checkedBytes, crc };
  }

  /** The box of a user type that may stand here; empty when another does. */
  async #noteBox(
    offset: number,
    end: number,
    userType: Uint8Array,
    maxBytes: number,
  ): Promise<Uint8Array | 'cut off'> {
    const start = await this.#exactly(offset, uuidBoxHeaderBytes);
    if (!isUserType(start, boxHeaderBytes, userType)) return new Uint8Array(0);
    const { bytes } = expectBox(start, 0, 'uuid');
    if (bytes < uuidBoxHeaderBytes || bytes > maxBytes)
      throw malformed(`A box about a fragment claims ${bytes} bytes.`);
    return offset + bytes <= end ? this.#exactly(offset, bytes) : 'cut off';
  }

  /** @returns false when the checksum does not vouch for it */
  async #take(offset: number, boxes: FragmentBoxes): Promise<boolean> {
    await this.#hashTo(offset);
    const hash = this.#running.hash.copy();
    const { crc } = await this.#through(offset, offset + boxes.checkedBytes, hash);
    if (crc !== boxes.crc) return false;
    const bytes = boxes.checkedBytes + fragmentCheckBytes;
    hash.update(await this.#exactly(offset + boxes.checkedBytes, fragmentCheckBytes));
    const tracks = readMoof(await this.#exactly(offset + prftBytes, boxes.moofBytes));
    this.#checkSamples(tracks, boxes);
    for (const { trackId, decodeTicks, samples, dataOffset } of tracks) {
      this.#table.addStored(trackId, decodeTicks, samples, offset + prftBytes + dataOffset);
    }
    const damage: readonly FragmentDamage[] = readFragmentDamage(boxes.damage);
    const activity = readFragmentActivity(boxes.activity);
    this.#fragments.push({
      offset,
      bytes,
      ...this.#facts(tracks),
      arrivalMs: arrivalOf(boxes.prft),
      ...(damage.length > 0 && { damage }),
      ...(activity !== undefined && { activity }),
    });
    this.#goodBytes = offset + bytes;
    this.#running = { hash, offset: this.#goodBytes };
    this.#bodyHash = hash.copy();
    return true;
  }

  async #hashTo(offset: number): Promise<void> {
    if (offset === this.#running.offset) return;
    const hash = this.#running.hash.copy();
    await this.#through(this.#running.offset, offset, hash);
    this.#running = { hash, offset };
  }

  async #through(offset: number, end: number, hash: Hash): Promise<{ crc: number }> {
    let crc = 0;
    for (let at = offset; at < end; ) {
      const piece = await this.#exactly(at, Math.min(readBytes, end - at));
      crc = crc32(piece, crc);
      hash.update(piece);
      at += piece.length;
    }
    return { crc };
  }

  /** Every sample must lie in the `mdat` and belong to a track of the header. */
  #checkSamples(tracks: readonly StoredTrackFragment[], { headBytes, mediaBytes }: FragmentBoxes): void {
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

  async #wholeTail(offset: number): Promise<Tail> {
    const { bytes } = boxHeader(await this.#exactly(offset, boxHeaderBytes), 0)!;
    if (bytes > maxTailBytes) throw malformed(`The sample table claims ${bytes} bytes.`);
    decodeSampleTable(await this.#exactly(offset, bytes));
    return { offset, bytes };
  }

  /** @returns its end */
  async #takeTail(tail: Tail): Promise<number> {
    await this.#hashTo(tail.offset);
    this.#bodyHash = this.#running.hash.copy();
    this.#goodBytes = tail.offset;
    this.#tail = tail;
    return tail.offset + tail.bytes;
  }

  async #finish(): Promise<SegmentScan> {
    const known = this.#goodBytes + (this.#tail?.bytes ?? 0);
    const left = this.#fileBytes - known;
    if (left > 0) this.#report(`${left} bytes after byte ${known} are of no use.`);
    return {
      header: this.#header,
      fragments: this.#fragments,
      table: this.#table,
      goodBytes: this.#goodBytes,
      keepRest: await this.#isWorthKeeping(known),
      bodyHash: this.#bodyHash,
      tail: this.#tail,
      closed:
        this.#tail !== undefined && left === 0 && (this.#header.hasIndex || this.#fragments.length === 0),
      damage: this.#damage,
    };
  }

  async #isWorthKeeping(from: number): Promise<boolean> {
    const end = await contentEnd(this.#read, from, this.#fileBytes);
    if (end === from) return false;
    return this.#sawMore || this.#tail !== undefined || !(await this.#isUnfinished(from, end));
  }

  /** What begins at `from` was being written as the file ended at `end`, but for zeros. */
  async #isUnfinished(from: number, end: number): Promise<boolean> {
    try {
      if (await this.#isChecked(from, end)) return false;
      if (await this.#isTail(from)) {
        return from + boxHeader(await this.#exactly(from, boxHeaderBytes), 0)!.bytes >= end;
      }
      return (await this.#boxes(from, Math.min(this.#fileBytes, end + zeroesOfLength))) === 'cut off';
    } catch (error) {
      if (!isMalformed(error)) throw error;
      return false;
    }
  }

  /** There is a checksum of what lies between, so that all of it was written, and a size in it is wrong. */
  async #isChecked(from: number, end: number): Promise<boolean> {
    for (let checkEnd = end; checkEnd <= Math.min(this.#fileBytes, end + zeroesOfLength); checkEnd++) {
      const checkedBytes = checkEnd - fragmentCheckBytes - from;
      if (checkedBytes < 0) continue;
      const check = await this.#exactly(from + checkedBytes, fragmentCheckBytes);
      if (isCheck(check, checkedBytes)) return true;
    }
    return false;
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

/** The checksum in the box of a fragment of so many bytes; throws when the box is not in place. */
function checkedCrc(check: Uint8Array, checkedBytes: number): number {
  if (!isCheck(check, checkedBytes)) throw malformed('There is no checksum where one belongs.');
  return new ByteReader(check, uuidBoxHeaderBytes).u32();
}

function isCheck(check: Uint8Array, checkedBytes: number): boolean {
  if (!isUserType(check, boxHeaderBytes, userTypes.fragmentCheck)) return false;
  return new ByteReader(check, uuidBoxHeaderBytes + 4).u32() === checkedBytes;
}

function isMalformed(error: unknown): error is NightjarError {
  return error instanceof NightjarError && error.code === 'file_malformed';
}
