import { useEffect, useRef, useState } from 'preact/hooks';
import type { Device } from '../../src/api/contract/device.ts';
import { putCamera } from '../api/camera_store.ts';
import { addCamera } from '../api/client.ts';
import { readDevice } from '../api/device_requests.ts';
import { RequestProblem } from '../api/problem.ts';
import { Icon } from '../design/icon.tsx';
import { Notice } from '../design/notice.tsx';
import { toast } from '../design/toasts.tsx';
import { message } from '../messages/message.ts';
import { CredentialFields, NameField } from './camera_fields.tsx';
import { type CameraForm, emptyForm, inputOf, type Role, roles } from './camera_form.ts';
import type { Found } from './find_devices.tsx';
import { FormProblem } from './form_problem.tsx';
import { TestButton, TestOutcome, useProbe } from './probe_test.tsx';
import { type Choice, formOfDevice, modelOf, profileLine, proposalOf } from './proposal.ts';
import { useSaving } from './saving.ts';

/** From the address of a device to a camera: credentials if it wants some, streams, name. */
export function DeviceSetUp({
  found,
  onBack,
  onRefused,
}: {
  found: Found;
  onBack: () => void;
  /** No device can have this address; called instead of asking for credentials. */
  onRefused: (wrong: string) => void;
}) {
  const { address } = found;
  const [form, setForm] = useState<CameraForm>(() => structuredClone(emptyForm));
  const [device, setDevice] = useState<Device | undefined>(undefined);
  const [problem, setProblem] = useState<RequestProblem | undefined>(undefined);
  const [reading, setReading] = useState(false);
  const running = useRef<AbortController | undefined>(undefined);

  const read = async (): Promise<void> => {
    running.current?.abort();
    const mine = new AbortController();
    running.current = mine;
    setReading(true);
    setProblem(undefined);
    try {
      const { username, password } = form;
      const credentials = { ...(username !== '' && { username }), ...(password !== '' && { password }) };
      setDevice(await readDevice({ address, ...credentials }, mine.signal));
    } catch (thrown) {
      if (mine.signal.aborted) return;
      if (!(thrown instanceof RequestProblem)) throw thrown;
      const wrongAddress = thrown.fields.get('address');
      if (wrongAddress !== undefined) return onRefused(wrongAddress);
      setProblem(thrown);
    }
    setReading(false);
  };

  // Many cameras tell nothing without credentials, but some do, and then nobody needs to type any.
  useEffect(() => {
    void read();
    return () => running.current?.abort();
  }, []);

  if (device)
    return <StreamChoice device={device} typed={form} name={found.name ?? device.name} onBack={onBack} />;
  const untried = form.username === '' && form.password === '';
  const asksCredentials = problem?.code === 'onvif_credentials';
  return (
    <form
      class="form narrow"
      onSubmit={(event) => {
        event.preventDefault();
        void read();
      }}
    >
      <Back onBack={onBack} />
      {reading && !problem && untried ? (
        <div class="search-state" role="status">
          <span class="spinner" />
          <p>{message('device.reading', { address })}</p>
        </div>
      ) : (
        <>
          <h2>{found.name ?? address}</h2>
          {asksCredentials && untried ? (
            <p class="dim">{message('device.credentials')}</p>
          ) : (
            problem && (
              <Notice kind="alarm" advice={problem.advice}>
                {problem.detail}
              </Notice>
            )
          )}
          <CredentialFields form={form} onForm={setForm} wrong={problem?.fields ?? new Map()} />
          <div class="actions">
            <button type="submit" class="button accent" disabled={reading}>
              {reading && <span class="spinner" />}
              {message('device.connect')}
            </button>
          </div>
        </>
      )}
    </form>
  );
}

function StreamChoice({
  device,
  typed,
  name: firstName,
  onBack,
}: {
  device: Device;
  typed: CameraForm;
  name: string;
  onBack: () => void;
}) {
  const [choice, setChoice] = useState<Choice>(() => proposalOf(device));
  const { form, change, busy, wrong, problem, save } = useSaving(() =>
    formOfDevice(device, choice, { ...typed, name: firstName }),
  );
  const choose = (next: Choice): void => {
    setChoice(next);
    change(formOfDevice(device, next, form));
  };
  const about = [
    device.address,
    ...[modelOf(device)].filter((model) => model !== undefined),
    ...(device.firmware ? [message('device.firmware', { firmware: device.firmware })] : []),
  ];

  const submit = (): Promise<void> =>
    save(async () => {
      const camera = await addCamera(inputOf(form));
      putCamera(camera);
      toast('done', message('device.added', { name: camera.name }));
      onBack();
    });
  return (
    <form
      class="form narrow"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Back onBack={onBack} />
      <div>
        <h2>{firstName}</h2>
        <p class="small dim">{about.join('  ·  ')}</p>
      </div>
      {device.notes.map((note) => (
        <Notice key={note} kind="caution">
          {note}
        </Notice>
      ))}
      <fieldset>
        <legend>{message('device.streams')}</legend>
        <p class="small faint">{message('device.streams.hint')}</p>
        {roles.map((role) => (
          <ProfileField
            key={role}
            role={role}
            device={device}
            form={form}
            chosen={choice[role]}
            onChoose={(token) => choose({ ...choice, [role]: token })}
          />
        ))}
      </fieldset>
      <fieldset>
        <NameField form={form} onForm={change} wrong={wrong} />
      </fieldset>
      {[...wrong]
        .filter(([field]) => field !== 'name')
        .map(([field, text]) => (
          <Notice key={field} kind="alarm">
            {text}
          </Notice>
        ))}
      <FormProblem problem={problem} />
      <div class="actions">
        <button type="submit" class="button accent" disabled={busy}>
          {busy && <span class="spinner" />}
          {message('device.add')}
        </button>
      </div>
    </form>
  );
}

function ProfileField({
  role,
  device,
  form,
  chosen,
  onChoose,
}: {
  role: Role;
  device: Device;
  form: CameraForm;
  chosen: string | undefined;
  onChoose: (token: string | undefined) => void;
}) {
  const { username, password } = form;
  const probe = useProbe({
    url: form.streams[role].url,
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
  });
  return (
    <div class="stream-fields">
      <div class="with-test">
        <div class="field">
          <label for={`profile-${role}`}>{message(`field.${role}-url`)}</label>
          <select
            id={`profile-${role}`}
            class="input"
            value={chosen ?? ''}
            onInput={(event) => onChoose(event.currentTarget.value || undefined)}
          >
            {role === 'sub' && <option value="">{message('device.no-sub')}</option>}
            {device.profiles.map((profile) => (
              <option key={profile.token} value={profile.token}>
                {profileLine(profile)}
              </option>
            ))}
          </select>
        </div>
        <TestButton probe={probe} disabled={chosen === undefined} />
      </div>
      <TestOutcome probe={probe} />
    </div>
  );
}

function Back({ onBack }: { onBack: () => void }) {
  return (
    <button type="button" class="button quiet back-button" onClick={onBack}>
      <Icon name="back" />
      {message('device.back')}
    </button>
  );
}
