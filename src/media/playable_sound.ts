/** Browsers play AAC and Opus in fragmented MP4, and no G.711, G.722, G.726 or PCM. @param codecString of the track */
export function isPlayableSound(codecString: string): boolean {
  return codecString.startsWith('mp4a.40') || codecString === 'opus';
}
