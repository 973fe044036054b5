import { message } from '../messages/message.ts';

export function TimelinePage() {
  return (
    <header class="page-head">
      <h1>{message('timeline.title')}</h1>
    </header>
  );
}
