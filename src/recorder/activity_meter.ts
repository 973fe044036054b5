/**
 * How much changes in the pictures, told from their encoded sizes alone: an encoder spends bytes on what it could not
 * foretell. No picture is decoded, so this says that something moved, never what.
 *
 * A fragment is judged by the mean size of its predicted pictures, relative to the key frame of its group: resolution,
 * quality and codec cancel out. What is usual for its place in the group is learned, since encoders spend more bytes right after
 * a key frame, or with each group of layers; activity is how far beyond the usual it is, in octaves. Streams of key frames alone
 * (MJPEG) are judged by how far the sizes of pictures are from their usual one.
 */
import { type ActivityLevel, highestActivity } from '../footage/activity.ts';

/** A picture as the meter sees it, in decode order. */
export interface MeasuredPicture {
  readonly bytes: number;
  readonly keyFrame: boolean;
}

/** Places in a group that are told apart; later ones are like the last. */
const places = 8;
/** So much of the key frame's size is added to each picture: below it, sizes say nothing. */
const floorShare = 1 / 256;
/** So many octaves beyond the usual are no activity on any camera, and on a noisy one so many times its noise more. */
const quietOctaves = 0.15;
const quietNoises = 2;
/** Octaves of one level. */
const levelOctaves = 0.11;
/** Noise of a camera of which nothing is known yet, in octaves. */
const firstNoise = 0.1;
/** The noise follows quiet fragments by this share at each; active ones may be no activity after all, and add that share to it. */
const noiseShare = { quiet: 0.05, active: 0.0005 };
const mostNoise = 1;
/** A change of the size of key frames tells more than the same change of predicted pictures. */
const keyFrameGain = 5;
/** What is usual follows smaller sizes by this share at each fragment, and larger ones that are quiet by that. */
const fallShare = 0.3;
const riseShare = 0.05;
/** It follows active ones so slowly that a quarter of an hour of activity is still seen: octaves per second. */
const risePerSecond = 0.002;

export class ActivityMeter {
  /** In octaves, by the place in the group. */
  readonly #usual: (number | undefined)[] = [];
  /** How long it is since that was learned from. */
  readonly #unlearnedMs: number[] = [];
  #usualKeyOctaves: number | undefined;
  /** How far quiet fragments are from the usual, in octaves. */
  #noise = firstNoise;
  #keyBytes: number | undefined;
  #place = 0;

  /**
   * Judges the next fragment.
   *
   * @param pictures in decode order; undefined is returned where there are none that tell anything
   * @param durationMs how long they last
   */
  fragment(pictures: readonly MeasuredPicture[], durationMs: number): ActivityLevel | undefined {
    let predicted = 0;
    let predictedBytes = 0;
    let keys = 0;
    let keyBytes = 0;
    if (!pictures[0]?.keyFrame) this.#place++;
    for (const { bytes, keyFrame } of pictures) {
      if (keyFrame) {
        keys++;
        keyBytes += bytes;
        this.#keyBytes = bytes;
        this.#place = 0;
      } else {
        predicted++;
        predictedBytes += bytes;
      }
    }
    for (let place = 0; place < places; place++) {
      this.#unlearnedMs[place] = (this.#unlearnedMs[place] ?? 0) + durationMs;
    }
    if (predicted > 0) return this.#predicted(predictedBytes / predicted);
    return keys > 0 ? this.#keyFrames(keyBytes / keys, durationMs) : undefined;
  }

  #predicted(meanBytes: number): ActivityLevel | undefined {
    if (!this.#keyBytes) return undefined;
    const octaves = Math.log2(meanBytes / this.#keyBytes + floorShare);
    const place = Math.min(this.#place, places - 1);
    const usual = this.#usual[place] ?? octaves;
    const level = this.#level(octaves - usual);
    const slowly = (this.#unlearnedMs[place]! / 1000) * risePerSecond;
    this.#unlearnedMs[place] = 0;
    this.#usual[place] = usual + learned(octaves - usual, level, slowly);
    return level;
  }

  #keyFrames(meanBytes: number, durationMs: number): ActivityLevel {
    const octaves = Math.log2(Math.max(1, meanBytes));
    const usual = this.#usualKeyOctaves ?? octaves;
    const level = this.#level(Math.abs(octaves - usual) * keyFrameGain);
    const slowly = (durationMs / 1000) * risePerSecond;
    const change = Math.abs(octaves - usual);
    this.#usualKeyOctaves = usual + Math.sign(octaves - usual) * learned(change, level, slowly);
    return level;
  }

  /** @param octaves beyond the usual */
  #level(octaves: number): ActivityLevel {
    const steps = Math.ceil((octaves - quietOctaves - quietNoises * this.#noise) / levelOctaves);
    const level = Math.max(1, Math.min(highestActivity, 1 + steps));
    if (level === 1) this.#noise += (Math.abs(octaves) - this.#noise) * noiseShare.quiet;
    else this.#noise = Math.min(mostNoise, this.#noise * (1 + noiseShare.active));
    return level;
  }
}

/** By how much the usual follows a fragment that is so many octaves beyond it. @param slowly the most for an active one */
function learned(octaves: number, level: ActivityLevel, slowly: number): number {
  if (octaves < 0) return octaves * fallShare;
  return level === 1 ? octaves * riseShare : Math.min(octaves, slowly);
}
