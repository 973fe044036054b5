import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import { SelectField, Switch, TextField } from '../design/field.tsx';
import { message } from '../messages/message.ts';
import { type CameraForm, isEncrypted, type Role, type StreamForm, transports } from './camera_form.ts';
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

/** Which certificate is the camera's: of concern with TLS only. */
export function FingerprintField({ form, onForm, wrong }: FieldsProps) {
  if (form.tlsFingerprint === '' && !isEncrypted(form)) return null;
  return (
    <TextField
      label={message('field.fingerprint')}
      hint={message('field.fingerprint.hint')}
      wrong={wrong.get('tlsFingerprint')}
      value={form.tlsFingerprint}
      maxLength={200}
      onValue={(tlsFingerprint) => onForm({ ...form, tlsFingerprint })}
    />
  );
}

/** The address of one stream, a test of it, and whether it is recorded. */
export function StreamField({ role, form, onForm, wrong, camera }: FieldsProps & { role: Role }) {
  const { url, record, transport } = form.streams[role];
  const set = (change: Partial<StreamForm>) =>
    onForm({ ...form, streams: { ...form.streams, [role]: { ...form.streams[role], ...change } } });
  const tlsFingerprint = form.tlsFingerprint.trim();
  const probe = useProbe({
    url: url.trim(),
    ...(form.username !== '' && { username: form.username }),
    ...(form.password !== '' && { password: form.password }),
    ...(tlsFingerprint !== '' && { tlsFingerprint }),
    ...(transport !== 'auto' && { transport }),
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
          onValue={(text) => set({ url: text })}
        />
        <TestButton probe={probe} disabled={url.trim() === ''} />
      </div>
      {probe.wrongUrl === undefined && (
        <TestOutcome
          probe={probe}
          onTrust={(fingerprint) => onForm({ ...form, tlsFingerprint: fingerprint })}
        />
      )}
      {url.trim() !== '' && (
        <>
          <Switch
            label={message('field.record')}
            checked={record}
            onChecked={(checked) => set({ record: checked })}
          />
          <details open={transport !== 'auto'}>
            <summary>{message('field.more')}</summary>
            <SelectField
              label={message('field.transport')}
              value={transport}
              options={transports.map((value) => ({ value, text: message(`transport.${value}`) }))}
              onValue={(value) => set({ transport: value })}
            />
          </details>
        </>
      )}
    </div>
  );
}
