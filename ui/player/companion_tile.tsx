import { useEffect, useRef, useState } from 'preact/hooks';
import type { CameraAnswer, StreamAnswer } from '../../src/api/contract/camera.ts';
import { message } from '../messages/message.ts';
import { causeWords } from '../timeline/gap_words.ts';
import { instantWords } from '../timeline/time_words.ts';
import type { Zone } from '../timeline/zone.ts';
import { Companion } from './companion.ts';
import type { FollowerState } from './follower.ts';
import type { PlayerSession } from './player_session.ts';

/** The picture of another camera at the instant that the leader shows. Pressed, it leads. */
export function CompanionTile(props: {
  readonly session: PlayerSession | undefined;
  readonly camera: CameraAnswer;
  readonly stream: StreamAnswer;
  readonly zone: Zone;
  readonly onLead: () => void;
  readonly onRemove: () => void;
}) {
  const { session, camera, stream, zone, onLead, onRemove } = props;
  const video = useRef<HTMLVideoElement>(null);
  const [companion, setCompanion] = useState<Companion>();

  useEffect(() => {
    if (!session) return;
    const made = new Companion(video.current!, { cameraId: camera.id, streamId: stream.id });
    setCompanion(made);
    const leave = session.join(made);
    return () => {
      leave();
      made.end();
    };
  }, [session, camera.id, stream.id]);

  const state = companion?.state.value;
  const words = wordsOf(companion, state, session?.state.value.instantMs ?? 0, zone);
  const { width, height } = stream;
  const ratio = width && height ? width / height : 16 / 9;
  return (
    <section
      class="stage companion"
      aria-label={message('player.label', { camera: camera.name })}
      data-testid="companion"
    >
      <div class={`picture ${words ? 'covered' : ''}`} style={{ '--ratio': `${ratio}` }}>
        <video ref={video} muted playsInline disableRemotePlayback data-testid="companion-player" />
        <button type="button" class="companion-lead" onClick={onLead} title={message('beside.lead')}>
          <span class="stage-name">{camera.name}</span>
        </button>
        {words && (
          <div class="stage-card" role="status" data-testid="companion-words">
            <b>{words.title}</b>
            {words.text && <p>{words.text}</p>}
            {state?.problem && (
              <button type="button" class="button" onClick={() => companion?.follower.retry()}>
                {message('problem.retry')}
              </button>
            )}
          </div>
        )}
        <button
          type="button"
          class="companion-remove"
          aria-label={message('beside.remove', { camera: camera.name })}
          title={message('beside.remove', { camera: camera.name })}
          onClick={onRemove}
        >
          ×
        </button>
      </div>
    </section>
  );
}

interface Words {
  readonly title: string;
  readonly text?: string;
}

/** What is said where there is no picture. */
function wordsOf(
  companion: Companion | undefined,
  state: FollowerState | undefined,
  instantMs: number,
  zone: Zone,
): Words | undefined {
  const codecs = companion?.unplayable.value;
  if (codecs) return { title: message('player.codec', { codecs: codecs.join(', ') }) };
  if (state?.problem) return { title: message('player.failed'), text: state.problem.detail };
  const place = state?.place;
  if (!place || place.kind === 'recorded') return undefined;
  if (place.kind === 'present') return { title: message('player.present') };
  const next =
    place.nextMs === undefined
      ? message('beside.none')
      : message('beside.none.next', { clock: instantWords(zone, place.nextMs, instantMs) });
  return place.kind === 'before' ? { title: next } : { title: next, text: causeWords(place.cause) };
}
