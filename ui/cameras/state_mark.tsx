import type { Concern } from './stream_words.ts';

const shapes: Record<Concern, string> = {
  fine: 'M5 1a4 4 0 1 0 0 8a4 4 0 1 0 0-8z',
  waiting: 'M5 1.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7z',
  idle: 'M1 5h8',
  caution: 'M5 .5L9.8 9.5H.2z',
  alarm: 'M5 0l5 5-5 5-5-5z',
  unknown: 'M0 4h2v2H0zM4 4h2v2H4zM8 4h2v2H8z',
};

/** A dot, ring, dash, triangle, diamond or three points: the state is readable without its colour. Words stand beside it. */
export function StateMark({ concern }: { concern: Concern }) {
  return (
    <svg class={`state-mark ${concern}`} viewBox="0 0 10 10" aria-hidden="true">
      <path d={shapes[concern]} />
    </svg>
  );
}
