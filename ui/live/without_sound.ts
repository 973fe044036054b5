/**
 * Live media for a browser that has a decoder for the pictures alone, as some have none for Opus: the boxes of the sound
 * become free space (ISO/IEC 14496-12 section 8.1.2), so that no other byte moves.
 */

/** What is left of `video/mp4; codecs="avc1.64001f, opus"` without what follows the pictures. */
export function mimeTypeWithoutSound(mimeType: string): string {
  return mimeType.replace(/(codecs="[^",]*),[^"]*"/, '$1"');
}

/** Hides the sound of an initialisation segment, in place. @returns ids of its tracks */
export function hideSoundTracks(initSegment: Uint8Array): ReadonlySet<number> {
  const view = viewOf(initSegment);
  const hidden = new Set<number>();
  for (const moov of boxesOf(view, 'moov')) {
    for (const trak of boxesOf(moov.body, 'trak')) {
      const [header] = boxesOf(trak.body, 'tkhd');
      const [media] = boxesOf(trak.body, 'mdia');
      const [handler] = media ? boxesOf(media.body, 'hdlr') : [];
      if (!header || !handler || fourCharacters(handler.body, 8) !== 'soun') continue;
      hidden.add(header.body.getUint32(header.body.getUint8(0) === 1 ? 20 : 12));
      setFree(trak);
    }
    for (const mvex of boxesOf(moov.body, 'mvex')) {
      for (const trex of boxesOf(mvex.body, 'trex')) if (hidden.has(trex.body.getUint32(4))) setFree(trex);
    }
  }
  return hidden;
}

/** Hides what a fragment has of some tracks, in place. */
export function hideTracks(fragment: Uint8Array, trackIds: ReadonlySet<number>): void {
  for (const moof of boxesOf(viewOf(fragment), 'moof')) {
    for (const traf of boxesOf(moof.body, 'traf')) {
      const [header] = boxesOf(traf.body, 'tfhd');
      if (header && trackIds.has(header.body.getUint32(4))) setFree(traf);
    }
  }
}

interface Box {
  readonly body: DataView;
  /** Of its type. */
  readonly head: DataView;
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The boxes of a type at the top of some bytes, up to the first that is not whole. */
function boxesOf(view: DataView, type: string): Box[] {
  const found: Box[] = [];
  for (let at = 0; at + 8 <= view.byteLength; ) {
    const size = view.getUint32(at);
    if (size < 8 || at + size > view.byteLength) break;
    const part = (from: number, length: number) => new DataView(view.buffer, view.byteOffset + from, length);
    if (fourCharacters(view, at + 4) === type)
      found.push({ head: part(at + 4, 4), body: part(at + 8, size - 8) });
    at += size;
  }
  return found;
}

const fourCharacters = (view: DataView, at: number): string =>
  String.fromCharCode(...[0, 1, 2, 3].map((offset) => view.getUint8(at + offset)));

const setFree = ({ head }: Box): void => head.setUint32(0, 0x66726565);
