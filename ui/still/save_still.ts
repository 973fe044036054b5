import type { Zone } from '../timeline/zone.ts';
import { stillWords } from './still_words.ts';

/** A frame that was shown is decoded anew where the element was sent to the same instant again. */
const decodedWithinMs = 5_000;

/**
 * Saves the frame that is seen as a PNG: the picture at its own size, untouched, and below it a bar with the camera and the
 * time of the picture. False without a frame.
 *
 * @param pictureMsOf asked when there is a frame: when the picture that is on the screen by then was taken
 */
export async function saveStill(
  video: HTMLVideoElement,
  { camera, zone, pictureMsOf }: { readonly camera: string; readonly zone: Zone; pictureMsOf(): number },
): Promise<boolean> {
  const canvas = document.createElement('canvas');
  const drawing = canvas.getContext('2d');
  if (!drawing || !(await hasFrame(video))) return false;
  const { videoWidth: width, videoHeight: height } = video;
  const words = stillWords(camera, pictureMsOf(), zone);
  const barHeight = Math.max(24, Math.round(height / 24));
  canvas.width = width;
  canvas.height = height + barHeight;
  drawing.drawImage(video, 0, 0);
  drawBar(drawing, words.camera, words.instant, { y: height, width, height: barHeight });
  canvas.toBlob((blob) => {
    if (!blob) return;
    const url = URL.createObjectURL(blob);
    const link = document.createElement('a');
    link.href = url;
    link.download = words.fileName;
    link.click();
    // The download has begun with the click; the browser holds the data from then on.
    URL.revokeObjectURL(url);
  }, 'image/png');
  return true;
}

async function hasFrame(video: HTMLVideoElement): Promise<boolean> {
  const signal = AbortSignal.timeout(decodedWithinMs);
  const isDecoded = () => video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && !video.seeking;
  while (!isDecoded() && !signal.aborted) {
    await new Promise((resolve) => {
      for (const type of ['loadeddata', 'seeked', 'emptied']) {
        video.addEventListener(type, resolve, { once: true, signal });
      }
      signal.addEventListener('abort', resolve);
    });
  }
  return isDecoded() && video.videoWidth > 0;
}

function drawBar(
  drawing: CanvasRenderingContext2D,
  camera: string,
  instant: string,
  { y, width, height }: { readonly y: number; readonly width: number; readonly height: number },
): void {
  const margin = Math.round(height / 2);
  const middle = y + height / 2;
  drawing.fillStyle = '#101413';
  drawing.fillRect(0, y, width, height);
  drawing.textBaseline = 'middle';
  drawing.fillStyle = '#f2f5f4';
  // Of a narrow picture the time must be whole; the name has what is left.
  const { fontFamily } = getComputedStyle(document.body);
  let size = Math.round(height * 0.55);
  const set = () => {
    drawing.font = `500 ${size}px ${fontFamily}`;
  };
  set();
  while (size > 8 && drawing.measureText(instant).width > width - 2 * margin) {
    size--;
    set();
  }
  const instantWidth = drawing.measureText(instant).width;
  drawing.fillText(instant, width - margin - instantWidth, middle);
  const room = width - 3 * margin - instantWidth;
  if (room > height) drawing.fillText(camera, margin, middle, room);
}
