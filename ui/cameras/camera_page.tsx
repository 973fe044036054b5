import { useLayoutEffect, useState } from 'preact/hooks';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import { cameras, putCamera } from '../api/camera_store.ts';
import { changeCamera } from '../api/client.ts';
import { withRates } from '../api/stream_rates.ts';
import { serverNowMs, statesKnown } from '../api/updates.ts';
import { TextField } from '../design/field.tsx';
import { Icon } from '../design/icon.tsx';
import { toast } from '../design/toasts.tsx';
import { moment } from '../messages/format.ts';
import { message } from '../messages/message.ts';
import { Link } from '../navigation.tsx';
import { livePath, timelinePath } from '../route.ts';
import { CredentialFields, FingerprintField, NameField, StreamField } from './camera_fields.tsx';
import { followCamera, formOf, patchOf, roles } from './camera_form.ts';
import './cameras.css';
import { FormProblem } from './form_problem.tsx';
import { KeepingFields } from './keeping_fields.tsx';
import { LatestPicture } from './latest_picture.tsx';
import { LeaveGuard } from './leave_guard.tsx';
import { RemoveDialog } from './remove_dialog.tsx';
import { RootField } from './root_field.tsx';
import { useSaving } from './saving.ts';
import { StateMark } from './state_mark.tsx';
import { concernOf, streamFacts } from './stream_words.ts';

/** One camera: what it does now, and all that can be changed of it. */
export function CameraPage({ cameraId }: { cameraId: string }) {
  const camera = cameras.value?.find(({ id }) => id === cameraId);
  if (cameras.value === undefined) return <header class="page-head" aria-busy="true" />;
  if (!camera) {
    return (
      <div class="lonely">
        <h1>{message('camera.gone.title')}</h1>
        <p>{message('camera.gone.text')}</p>
        <Link class="button accent" href="/cameras">
          {message('camera.back')}
        </Link>
      </div>
    );
  }
  return (
    <>
      <header class="page-head">
        <Link class="button quiet square" href="/cameras" aria-label={message('camera.back')}>
          <Icon name="back" />
        </Link>
        <h1>{camera.name}</h1>
        <span class="grow" />
        <Link class="button" href={livePath(camera.id)}>
          {message('camera.live')}
        </Link>
        <Link class="button" href={timelinePath(camera.id)}>
          {message('camera.timeline')}
        </Link>
      </header>
      <div class="page-body form-page">
        <EditForm key={camera.id} camera={camera} />
        <Now camera={camera} />
      </div>
    </>
  );
}

function EditForm({ camera }: { camera: CameraAnswer }) {
  const [removing, setRemoving] = useState(false);
  const { form, change, busy, wrong, problem, save } = useSaving(() => formOf(camera));
  // The camera that the form was filled from; what others change of it meanwhile is none of this form's changes.
  const [filledFrom, setFilledFrom] = useState(camera);
  useLayoutEffect(() => {
    if (camera === filledFrom) return;
    change(followCamera(form, formOf(filledFrom), formOf(camera)));
    setFilledFrom(camera);
  }, [camera]);
  const patch = patchOf(filledFrom, form);
  const fields = { form, onForm: change, wrong, camera };

  const submit = (): Promise<void> =>
    save(async () => {
      if (!patch) return;
      const changed = await changeCamera(camera.id, patch);
      putCamera(changed);
      change(formOf(changed));
      toast('done', message('camera.saved', { name: changed.name }));
    });

  return (
    <>
      <form
        class="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <fieldset>
          <legend>{message('camera.section.camera')}</legend>
          <NameField {...fields} />
          <TextField
            label={message('field.address')}
            hint={message('field.address.hint')}
            wrong={wrong.get('address')}
            value={form.address}
            onValue={(address) => change({ ...form, address })}
          />
          <CredentialFields {...fields} />
        </fieldset>
        <fieldset>
          <legend>{message('camera.section.streams')}</legend>
          {roles.map((role) => (
            <StreamField key={role} role={role} {...fields} />
          ))}
          <FingerprintField {...fields} />
        </fieldset>
        <fieldset>
          <legend>{message('camera.section.keeping')}</legend>
          <KeepingFields {...fields} />
          <RootField form={form} onForm={change} />
        </fieldset>
        <FormProblem problem={problem} />
        <div class="actions">
          <button type="submit" class="button accent" disabled={!patch || busy}>
            {busy && <span class="spinner" />}
            {message('camera.save')}
          </button>
          {patch && !busy && (
            <button type="button" class="button quiet" onClick={() => change(formOf(camera))}>
              {message('camera.discard')}
            </button>
          )}
          <span class="grow" />
          <button type="button" class="button danger-text" onClick={() => setRemoving(true)}>
            {message('camera.remove')}
          </button>
        </div>
      </form>
      {patch && <LeaveGuard />}
      {removing && <RemoveDialog camera={camera} onClose={() => setRemoving(false)} />}
    </>
  );
}

/** What the camera does now, kept true by the server's push. */
function Now({ camera }: { camera: CameraAnswer }) {
  const now = serverNowMs();
  return (
    <aside class="camera-aside">
      <LatestPicture camera={camera} />
      <dl class="camera-streams">
        {camera.streams.map((stream) => {
          const concern = statesKnown.value ? concernOf(stream, now) : 'unknown';
          return (
            <div key={stream.id}>
              <dt>{message(`role.${stream.role}`)}</dt>
              <dd class={`camera-state ${concern}`}>
                <StateMark concern={concern} />
                <span>
                  {concern === 'unknown'
                    ? message('state.unknown-now')
                    : message('camera.since', {
                        state: message(`state.${stream.state}`),
                        when: moment(stream.sinceMs, now),
                      })}
                </span>
              </dd>
              {concern !== 'fine' && concern !== 'unknown' && <dd>{stream.stateReason}</dd>}
              <dd class="faint">{streamFacts(withRates(stream)).join('  ·  ')}</dd>
              {stream.transportInUse && (
                <dd class="faint">{message(`transport.${stream.transportInUse}`)}</dd>
              )}
              {concern !== 'fine' && stream.lastFootageMs !== undefined && (
                <dd class="faint">
                  {message('stream.last-footage', { when: moment(stream.lastFootageMs, now) })}
                </dd>
              )}
            </div>
          );
        })}
      </dl>
      <p class="small faint">{message('camera.added', { when: moment(camera.createdMs, now) })}</p>
    </aside>
  );
}
