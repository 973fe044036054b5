import { Icon } from '../design/icon.tsx';
import { message } from '../messages/message.ts';
import { Link } from '../navigation.tsx';

/** In the place of whatever cameras would show. */
export function NoCamera() {
  return (
    <div class="lonely">
      <h1>{message('cameras.none.title')}</h1>
      <p>{message('cameras.none.text')}</p>
      <Link class="button accent" href="/cameras/add">
        <Icon name="search" />
        {message('cameras.none.action')}
      </Link>
    </div>
  );
}
