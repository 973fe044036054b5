import type { MediaUnit } from '../media/media_unit.ts';
import { TrackMeter } from './track_meter.ts';

/** Measures whole units: pictures from the first key frame on, and sound from then on too. */
export class UnitMeter {
  video: TrackMeter | undefined;
  audio: TrackMeter | undefined;
  /** Also those before the first key frame. */
  picturesBefore = 0;
  keyFrames = 0;
  damagedUnits = 0;
  sizeChanges = 0;
  #size: string | undefined;

  take(unit: MediaUnit): void {
    if (unit.kind === 'damage') {
      this.damagedUnits++;
    } else if (unit.kind === 'accessUnit') {
      if (unit.keyFrame) this.keyFrames++;
      if (this.keyFrames === 0) {
        this.picturesBefore++;
        return;
      }
      const size = `${unit.track.width}x${unit.track.height}`;
      if (this.#size !== undefined && size !== this.#size) this.sizeChanges++;
      this.#size = size;
      this.video ??= new TrackMeter(unit.track.timescale);
      this.video.take(unit);
    } else if (this.keyFrames > 0) {
      this.audio ??= new TrackMeter(unit.track.timescale);
      this.audio.take(unit);
    }
  }
}
