import type { CameraAnswer } from '../../src/api/contract.ts';
import { Switch, TextField } from '../design/field.tsx';
import { message } from '../messages/message.ts';
import type { CameraForm, Role } from './camera_form.ts';
import { TestButton, TestOutcome, useProbe } from './probe_test.tsx';

export interface FieldsProps {
  form: CameraForm;
  onForm: (form: CameraForm) => void;
  /** What is wrong, by the path of the field. */
  wrong: ReadonlyMap<string, string>;
  /** The camera as the server has it; undefined for one to be added. */
  camera?: CameraAnswer;
}

export function NameField({ form, onForm, wrong }: FieldsProps) {
  return (
    <TextField
      label={message('field.name')}
      hint={message('field.name.hint')}
      wrong={wrong.get('name')}
      value={form.name}
      maxLength={100}
      onValue={(name) => onForm({ ...form, name })}
    />
  );
}

export function CredentialFields({ form, onForm, wrong, camera }: FieldsProps) {
  return (
    <div class="pair">
      <TextField
        label={message('field.username')}
        wrong={wrong.get('username')}
        value={form.username}
        onValue={(username) => onForm({ ...form, username })}
      />
      <TextField
        label={message('field.password')}
        wrong={wrong.get('password')}
        value={form.password}
        type="password"
        autocomplete="new-password"
        placeholder={camera?.hasPassword ? message('field.password.kept') : undefined}
        onValue={(password) => onForm({ ...form, password })}
      />
    </div>
  );
}

/** The address of one stream, a test of it, and whether it is recorded. */
export function StreamField({ role, form, onForm, wrong, camera }: FieldsProps & { role: Role }) {
  const { url, record } = form.streams[role];
  const set = (stream: CameraForm['streams'][Role]) =>
    onForm({ ...form, streams: { ...form.streams, [role]: stream } });
  const probe = useProbe({
    url: url.trim(),
    ...(form.username !== '' && { username: form.username }),
    ...(form.password !== '' && { password: form.password }),
    ...(camera && { cameraId: camera.id }),
  });
  return (
    <div class="stream-fields">
      <div class="with-test">
        <TextField
          label={message(`field.${role}-url`)}
          hint={message(`field.${role}-url.hint`)}
          wrong={wrong.get(`streams.${role === 'main' ? 0 : 1}.url`) ?? probe.wrongUrl}
          value={url}
          inputMode="url"
          placeholder="rtsp://"
          onValue={(text) => set({ url: text, record })}
        />
        <TestButton probe={probe} disabled={url.trim() === ''} />
      </div>
      {probe.wrongUrl === undefined && <TestOutcome probe={probe} />}
      {url.trim() !== '' && (
        <Switch
          label={message('field.record')}
          checked={record}
          onChecked={(checked) => set({ url, record: checked })}
        />
      )}
    </div>
  );
}
