import { useState } from 'preact/hooks';
import { cameras, putCamera } from '../api/camera_store.ts';
import { addCamera } from '../api/client.ts';
import { Icon } from '../design/icon.tsx';
import { Segments } from '../design/segments.tsx';
import { toast } from '../design/toasts.tsx';
import { message } from '../messages/message.ts';
import { Link, navigate } from '../navigation.tsx';
import './add.css';
import { CredentialFields, FingerprintField, NameField, StreamField } from './camera_fields.tsx';
import { emptyForm, inputOf, roles } from './camera_form.ts';
import './cameras.css';
import { DeviceSetUp } from './device_set_up.tsx';
import { FindDevices, type Found, type RefusedAddress } from './find_devices.tsx';
import { FormProblem } from './form_problem.tsx';
import { RootField } from './root_field.tsx';
import { useSaving } from './saving.ts';

const ways = ['network', 'url'] as const;

/** Finds a camera, or takes its stream addresses, and adds it. The first page that a new installation shows. */
export function AddPage() {
  const [way, setWay] = useState<(typeof ways)[number]>('network');
  const [chosen, setChosen] = useState<Found | undefined>(undefined);
  const [refused, setRefused] = useState<RefusedAddress | undefined>(undefined);
  const first = cameras.value?.length === 0;
  const choose = (found: Found): void => {
    setRefused(undefined);
    setChosen(found);
  };

  if (chosen) {
    return (
      <>
        <Head title={message('add.title')} />
        <div class="page-body add-page">
          <DeviceSetUp
            key={chosen.address}
            found={chosen}
            onBack={() => setChosen(undefined)}
            onRefused={(wrong) => {
              setRefused({ address: chosen.address, wrong });
              setChosen(undefined);
            }}
          />
        </div>
      </>
    );
  }
  return (
    <>
      <Head title={first ? message('add.welcome.title') : message('add.title')} first={first} />
      <div class="page-body add-page">
        {first && <p class="dim welcome">{message('add.welcome.text')}</p>}
        <Segments
          label={message('add.ways')}
          options={ways.map((each) => ({ value: each, label: message(`add.way.${each}`) }))}
          value={way}
          onChoose={setWay}
        />
        {way === 'network' ? <FindDevices refused={refused} onChoose={choose} /> : <UrlForm />}
      </div>
    </>
  );
}

function Head({ title, first = false }: { title: string; first?: boolean }) {
  return (
    <header class="page-head">
      {!first && (
        <Link class="button quiet square" href="/cameras" aria-label={message('camera.back')}>
          <Icon name="back" />
        </Link>
      )}
      <h1>{title}</h1>
    </header>
  );
}

function UrlForm() {
  const { form, change, busy, wrong, problem, save } = useSaving(() => emptyForm);
  const fields = { form, onForm: change, wrong };
  const submit = (): Promise<void> =>
    save(async () => {
      const camera = await addCamera(inputOf(form));
      putCamera(camera);
      toast('done', message('device.added', { name: camera.name }));
      navigate('/cameras');
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
      <fieldset>
        <CredentialFields {...fields} />
        {roles.map((role) => (
          <StreamField key={role} role={role} {...fields} />
        ))}
        <FingerprintField {...fields} />
        <NameField {...fields} />
        <RootField {...fields} />
      </fieldset>
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
