/** Media playlists as this server writes them, RFC 8216: each entry with the wall clock time of its first picture. */

export interface PlaylistEntry {
  /** Of its first picture, by EXT-X-PROGRAM-DATE-TIME. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly url: string;
  /** Of the header that its media need. */
  readonly initUrl: string;
}

export interface MediaPlaylist {
  readonly entries: readonly PlaylistEntry[];
  /** Entries may still be added. */
  readonly growing: boolean;
}

/** Entries of one list: 25 hours of a group a second, the most that the server lists. */
const maxEntries = 100_000;

/** @param base address of the list itself @throws RangeError when it is no such list */
export function parsePlaylist(text: string, base: string): MediaPlaylist {
  if (!text.startsWith('#EXTM3U')) throw new RangeError('The answer is not a playlist.');
  const entries: PlaylistEntry[] = [];
  let growing = true;
  let initUrl: string | undefined;
  let startMs = Number.NaN;
  let durationMs = Number.NaN;
  for (const line of text.split('\n')) {
    if (line.startsWith('#EXT-X-MAP:')) {
      const uri = /URI="([^"]*)"/.exec(line)?.[1];
      if (uri !== undefined) initUrl = new URL(uri, base).href;
    } else if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) startMs = Date.parse(line.slice(25));
    else if (line.startsWith('#EXTINF:')) durationMs = Number.parseFloat(line.slice(8)) * 1000;
    else if (line.startsWith('#EXT-X-ENDLIST')) growing = false;
    else if (line !== '' && !line.startsWith('#')) {
      if (initUrl === undefined || Number.isNaN(startMs) || Number.isNaN(durationMs)) {
        throw new RangeError('An entry of the playlist has no header, no time or no duration.');
      }
      if (entries.length >= maxEntries) throw new RangeError('The playlist is too long.');
      entries.push({ startMs, durationMs, url: new URL(line, base).href, initUrl });
      startMs = Number.NaN;
      durationMs = Number.NaN;
    }
  }
  return { entries, growing };
}
