import type { StatusAnswer, StorageRootAnswer } from '../../src/api/contract/status.ts';
import { Notice } from '../design/notice.tsx';
import { bitRate, bytes, duration } from '../messages/format.ts';
import { message } from '../messages/message.ts';
import { recordedRate, roomLastsMs, type Shares, sharesOf } from './outlook.ts';

/** Each storage root: whether it can be recorded to, how full its disk is, and how long its room lasts. */
export function Roots({ status: { storage, cameras } }: { status: StatusAnswer }) {
  const { roots, minFreeBytes } = storage;
  return (
    <>
      {roots.map((root) => (
        <Root
          key={root.id}
          root={root}
          minFreeBytes={minFreeBytes}
          cameras={cameras.filter(({ storageRoot }) => storageRoot === root.name)}
          isOnly={roots.length === 1}
        />
      ))}
    </>
  );
}

interface RootProps {
  root: StorageRootAnswer;
  minFreeBytes: number;
  /** Those that are recorded to it. */
  cameras: StatusAnswer['cameras'];
  isOnly: boolean;
}

function Root({ root, minFreeBytes, cameras, isOnly }: RootProps) {
  const shares = sharesOf({ ...root, minFreeBytes });
  const rate = recordedRate(cameras);
  const lastsMs = shares && roomLastsMs(shares.room, rate);
  return (
    <section>
      {!isOnly && (
        <h2>
          {root.name} <span class="faint">{message('storage.cameras.count', { count: cameras.length })}</span>
        </h2>
      )}
      {!root.usable && (
        <Notice
          kind="alarm"
          advice={message(root.state === 'full' ? 'storage.full.advice' : 'storage.unusable.advice')}
        >
          {root.reason ?? message('storage.unusable')}
        </Notice>
      )}
      {shares && (
        <>
          <Space shares={shares} minFreeBytes={minFreeBytes} />
          <p class="dim">
            {shares.room === 0
              ? message('storage.full', { minimum: bytes(minFreeBytes) })
              : lastsMs === undefined
                ? message('storage.idle')
                : message('storage.lasts', { duration: duration(lastsMs), rate: bitRate(rate) })}
          </p>
        </>
      )}
      <p class="small faint">
        {message('storage.folder')} <code>{root.folder}</code>
        {root.inFlightBytes > 0 && (
          <span title={message('storage.in-flight.help')}>
            {' '}
            {message('storage.in-flight', { amount: bytes(root.inFlightBytes) })}
          </span>
        )}
      </p>
    </section>
  );
}

function Space({ shares, minFreeBytes }: { shares: Shares; minFreeBytes: number }) {
  const percent = (share: number) => `${(share / shares.total) * 100}%`;
  return (
    <>
      <p class="disk-free">
        <b>{message('storage.free', { free: bytes(shares.kept + shares.room) })}</b>{' '}
        <span class="faint">{message('storage.of', { total: bytes(shares.total) })}</span>
      </p>
      <div
        class="disk-bar"
        role="img"
        aria-label={message('storage.bar', { used: bytes(shares.used), total: bytes(shares.total) })}
      >
        <div class="used" style={{ width: percent(shares.used) }} />
        <div class="room" style={{ width: percent(shares.room) }} />
        {shares.kept > 0 && <div class="kept" style={{ width: percent(shares.kept) }} />}
      </div>
      <dl class="disk-legend">
        <div class="used">
          <dt>{message('storage.used')}</dt>
          <dd>{bytes(shares.used)}</dd>
        </div>
        <div class="room">
          <dt>{message('storage.rest')}</dt>
          <dd>{bytes(shares.room)}</dd>
        </div>
        {minFreeBytes > 0 && (
          <div class="kept">
            <dt>{message('storage.kept-free')}</dt>
            <dd>{bytes(minFreeBytes)}</dd>
          </div>
        )}
      </dl>
    </>
  );
}
