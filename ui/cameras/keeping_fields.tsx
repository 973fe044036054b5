import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import { TextField } from '../design/field.tsx';
import { message } from '../messages/message.ts';
import { outlookWords } from '../storage/kept_days.ts';
import { useRetention } from '../storage/use_retention.ts';
import type { FieldsProps } from './camera_fields.tsx';
import { limitNames, limitTexts } from './retention_limits.ts';

/** What limits the footage of the camera, and what comes of the limits that are in force. */
export function KeepingFields({
  form,
  onForm,
  wrong,
  camera,
}: FieldsProps & { readonly camera: CameraAnswer }) {
  const inForce = JSON.stringify(limitTexts(camera));
  const outlook = useRetention(inForce)?.cameras.find(({ cameraId }) => cameraId === camera.id);
  return (
    <>
      <div class="pair">
        {limitNames.map((name) => (
          <TextField
            key={name}
            label={message(`field.${name}`)}
            hint={message(`field.${name}.hint`)}
            wrong={wrong.get(name)}
            value={form[name]}
            inputMode="decimal"
            onValue={(text) => onForm({ ...form, [name]: text })}
          />
        ))}
      </div>
      {outlook && (
        <p class="small dim" data-testid="outlook">
          {outlookWords(outlook)}
        </p>
      )}
    </>
  );
}
