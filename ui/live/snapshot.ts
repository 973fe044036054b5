import { drawPicture } from './live_video.tsx';

/** Saves the frame that is seen as a PNG, named by camera and by the time of the picture. False without a frame. */
export function saveSnapshot(video: HTMLVideoElement, name: string, pictureMs: number): boolean {
  const canvas = document.createElement('canvas');
  if (!drawPicture(video, canvas)) return false;
  canvas.toBlob((blob) => {
    if (!blob) return;
    const url = URL.createObjectURL(blob);
    const link = document.createElement('a');
    link.href = url;
    link.download = snapshotName(name, new Date(pictureMs));
    link.click();
    // The download has begun with the click; the browser holds the data from then on.
    URL.revokeObjectURL(url);
  }, 'image/png');
  return true;
}

/** `Front door 2026-11-22 14.03.27.png`: local time, without what file systems refuse. */
function snapshotName(name: string, at: Date): string {
  const two = (n: number) => `${n}`.padStart(2, '0');
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join('.');
  return `${name.replace(/[\\/:*?"<>|]/g, ' ').trim()} ${date} ${time}.png`;
}
