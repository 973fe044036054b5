import { Notice } from '../design/notice.tsx';
import { bytes } from '../messages/format.ts';
import { message } from '../messages/message.ts';
import { daysWords, expectedWords } from './kept_days.ts';
import { useRetention } from './use_retention.ts';

/** How many days of footage each camera has and will have, and what cannot be kept to. */
export function RetentionDays() {
  const retention = useRetention();
  if (!retention || retention.cameras.length === 0) return null;
  return (
    <section data-testid="retention">
      <h2>{message('retention.title')}</h2>
      {retention.shortfalls.map(({ rule, missingBytes, cameraId, rootId }) => (
        <Notice
          key={`${rule} ${cameraId} ${rootId}`}
          kind="caution"
          advice={message('retention.short.advice')}
        >
          {message('retention.short', {
            missing: bytes(missingBytes),
            rule: message(`retention.rule.${rule}`),
          })}
        </Notice>
      ))}
      <table class="streams">
        <thead>
          <tr>
            <th scope="col">{message('retention.camera')}</th>
            <th scope="col">{message('retention.achieved')}</th>
            <th scope="col">{message('retention.expected')}</th>
            <th scope="col" class="wide">
              {message('retention.limitedBy')}
            </th>
            <th scope="col">{message('retention.stored')}</th>
          </tr>
        </thead>
        <tbody>
          {retention.cameras.map((camera) => (
            <tr key={camera.cameraId} class="first">
              <th scope="row">
                {camera.name} {camera.removed && <span class="faint">{message('retention.removed')}</span>}
              </th>
              <td>{daysWords(camera.achievedDays)}</td>
              <td>{expectedWords(camera)}</td>
              <td class="wide">
                {camera.limitedBy ? message(`retention.rule.${camera.limitedBy}`) : message('storage.none')}
              </td>
              <td>{bytes(camera.storedBytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="small faint">{message('retention.help')}</p>
    </section>
  );
}
