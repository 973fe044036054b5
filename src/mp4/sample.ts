import type { ByteRange } from '../media/byte_range.ts';
import type { TrackTicks } from '../units/time.ts';

/** One coded picture or sound in the sense of ISO/IEC 14496-12 section 3.1: what one entry of a `trun` describes. */
export interface Sample {
  readonly bytes: ByteRange;
  /** On the run's time line. */
  readonly decodeTicks: TrackTicks;
  /** Presentation time minus decode time, in ticks; may be negative. */
  readonly compositionOffset: number;
  /** In ticks, not negative. */
  readonly duration: number;
  readonly keyFrame: boolean;
}
