/**
 * How index and files differ; a closed list:
 *
 * - `root_missing`: the disk with the recordings is not mounted, so that nothing on it can be compared
 * - `row_without_file`, `file_without_row`
 * - `size`: the file is shorter or longer than its row says
 * - `unreadable`: the disk does not let it be read, or its header is damaged
 * - `header_hash`, `body_hash`: it was changed since it was finished
 * - `fragment_damaged`: a fragment that the index has is not whole in the file any more
 * - `identity`: the file says that it is another camera's, stream's, run's or another number
 * - `content`: times, fragments or tracks are not those of the file
 * - `index`: the index contradicts itself
 */
export type DifferenceKind =
  | 'root_missing'
  | 'row_without_file'
  | 'file_without_row'
  | 'size'
  | 'unreadable'
  | 'header_hash'
  | 'body_hash'
  | 'fragment_damaged'
  | 'identity'
  | 'content'
  | 'index';

export interface Difference {
  readonly kind: DifferenceKind;
  /** Name of the storage root. */
  readonly root?: string;
  /** The file's path below the folder of its root. */
  readonly path?: string;
  /** Of the row, where the file is gone. */
  readonly segmentKey?: number;
  /** What is so and what should be, in words. */
  readonly detail: string;
}
