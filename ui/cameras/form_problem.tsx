import { useEffect, useRef } from 'preact/hooks';
import type { RequestProblem } from '../api/problem.ts';
import { Notice } from '../design/notice.tsx';

/** Why a form was not taken, where that belongs to none of its fields; brought into view, clear of what lies over the page. */
export function FormProblem({ problem }: { problem: RequestProblem | undefined }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (problem) place.current?.scrollIntoView({ block: 'nearest' });
  }, [problem]);
  return (
    problem && (
      <div ref={place} class="form-problem">
        <Notice kind="alarm" advice={problem.advice}>
          {problem.detail}
        </Notice>
      </div>
    )
  );
}
