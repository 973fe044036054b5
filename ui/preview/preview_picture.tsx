import { useLayoutEffect, useRef } from 'preact/hooks';
import { message } from '../messages/message.ts';
import { instantWords } from '../timeline/time_words.ts';
import type { Zone } from '../timeline/zone.ts';
import { fitInto } from './preview_box.ts';
import type { WantedPicture } from './preview_queue.ts';
import type { Previews } from './previews.ts';
import './preview.css';

/** A picture of another time than so near to the one pointed at says of when it is. */
const sameTimeMs = 1_000;

/** The picture of an instant, in a place that is as large before it comes; nothing where there never will be one. */
export function PreviewPicture(props: {
  readonly previews: Previews;
  readonly wanted: WantedPicture;
  /** The instant that is pointed at. */
  readonly ms: number;
  readonly zone: Zone;
}) {
  const { previews, wanted, ms, zone } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const { cameraId, streamId, atMs, nearMs } = wanted;
  // Before the next frame: the picture may be there already.
  useLayoutEffect(
    () => previews.want({ cameraId, streamId, atMs, nearMs }),
    [previews, streamId, atMs, nearMs],
  );
  useLayoutEffect(() => () => previews.rest(), [previews]);
  const preview = previews.preview.value;
  const picture = preview.kind === 'picture' ? preview.picture : undefined;
  useLayoutEffect(() => {
    if (picture && canvas.current) draw(canvas.current, picture);
  }, [picture]);
  if (preview.kind === 'never') return null;
  const pictureMs = preview.kind === 'picture' ? preview.pictureMs : undefined;
  const isOther = pictureMs !== undefined && Math.abs(pictureMs - ms) > sameTimeMs;
  const isComing = preview.kind === 'loading' || (preview.kind === 'picture' && preview.loading);
  return (
    <figure
      class={`preview ${preview.kind === 'loading' ? 'skeleton' : ''}`}
      data-testid="preview"
      data-state={isComing ? 'loading' : preview.kind}
      data-instant-ms={pictureMs}
    >
      <canvas ref={canvas} hidden={!picture} />
      {preview.kind === 'none' && <figcaption>{message('preview.none')}</figcaption>}
      {isOther && (
        <figcaption class="of">
          {message('preview.of', { instant: instantWords(zone, pictureMs, ms) })}
        </figcaption>
      )}
    </figure>
  );
}

function draw(canvas: HTMLCanvasElement, picture: ImageBitmap): void {
  const { width, height } = fitInto(picture, devicePixelRatio);
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d', { alpha: false })!.drawImage(picture, 0, 0, width, height);
}
