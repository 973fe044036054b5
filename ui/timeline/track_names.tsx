import { message } from '../messages/message.ts';
import type { Layout } from './layout.ts';

/** Further names would hide the columns that they are of; the list of cameras has all of them. */
const mostAbove = 4;
const lineHeightPx = 18;

/**
 * The names of the tracks of the cameras beside the one that leads. Rows have theirs beside them; columns are too narrow for
 * words, and have them above each other at the top, each ending where its column does.
 */
export function TrackNames({
  names,
  layout,
}: {
  readonly names: readonly string[];
  readonly layout: Layout;
}) {
  const { orientation, beside, merged, height: whole } = layout;
  if (names.length === 0 || !merged || beside.length !== names.length) return null;
  const isVertical = orientation === 'vertical';
  if (isVertical && names.length >= mostAbove) return null;
  return (
    <div class={`track-names ${orientation}`}>
      {[...names, message('timeline.any')].map((name, row) => {
        const { top, height } = beside[row] ?? merged;
        const place = isVertical
          ? { right: `${whole - top - height}px`, top: `${row * lineHeightPx}px` }
          : { top: `${top}px`, height: `${height}px` };
        return (
          <span key={row} title={name} style={place}>
            {name}
          </span>
        );
      })}
    </div>
  );
}
